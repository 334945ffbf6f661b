"""Saved replies: the pages to keep them, and what picks one for an answer or a broadcast."""
