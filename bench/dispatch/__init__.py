"""Dispatch end to end: lease, render, mark, send, record, count; and what it is held against.

One worker on one core, a provider that answers at once and sets no limit, one part with a variable to each person.
The baselines send the very same bodies, which the product's own adapter has built for them beforehand.
"""
