"""One person's lab: settings, run, forks and seeds."""
