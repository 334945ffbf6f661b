"""Many numbers at once, each with a limit of its own, and what that is held against."""
