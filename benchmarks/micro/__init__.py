"""What one part costs or gains."""
