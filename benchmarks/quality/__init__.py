"""Whether what glassnet suggests is right."""
