"""A broadcast to a million people from end to end, on one machine."""
