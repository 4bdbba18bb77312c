"""How time and memory grow with networks, batches and files."""
