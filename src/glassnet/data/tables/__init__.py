"""A table's columns: what they are, and the numbers they become."""
