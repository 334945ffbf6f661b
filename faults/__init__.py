"""Exactly once, honest about doubt: measured. Each fault breaks something while the real product broadcasts.

`manage.py faults` runs them. `stack` is the product as processes on throw-away services, `trial` one fault's
broadcasts and their verdict, `judge` the comparison of what the product says with what really arrived; `proxy` and
`relay` stand between product and providers and between product and PostgreSQL. One module per family of faults,
all of them named in `registry`. docs/faults.md tells how to read what comes out.
"""
