"""From bytes to typed pieces, one form of file each."""
