"""What is taken along: recipes, Python, and the page in one file."""
