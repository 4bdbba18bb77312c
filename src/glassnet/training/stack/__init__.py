"""Training many networks at once."""
