"""What the page is shown: facts, and moments."""
