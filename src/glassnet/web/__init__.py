"""What every page and service of this package stands on: a server, its limits, its errors."""
