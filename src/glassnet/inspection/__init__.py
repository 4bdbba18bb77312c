"""Seeing through it: every number of a step, pictures, and what usually goes wrong."""
