"""Formulas: layers, losses, rules, and a network of them."""
