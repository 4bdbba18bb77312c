"""A trained network as a service over HTTP."""
