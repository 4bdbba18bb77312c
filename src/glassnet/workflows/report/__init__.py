"""A training in one page: what it learned from, how, how well, and what that does not say."""
