"""What the page may ask for, a command a function."""
