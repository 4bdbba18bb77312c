"""The lab: a training in the browser, stopped in any step, and every number of it."""
