"""A training that stops in any step, its scores, and the operations of a step."""
