"""The tasks of the course: what each asks for, where it starts, and how the engine judges it."""
