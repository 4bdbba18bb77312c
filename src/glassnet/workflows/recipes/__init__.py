"""Recipes: published results, as small TOML files that anybody can run again."""
