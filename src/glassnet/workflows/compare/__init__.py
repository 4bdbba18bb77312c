"""A recipe's network here and in other libraries."""
