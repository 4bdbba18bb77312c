"""What watches a training, and may end it."""
