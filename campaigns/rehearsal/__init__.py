"""Rehearsing a broadcast: the same contents to the same people under made-up addresses, on the provider sandbox.

`original` reads what is to be rehearsed, `performing` does it, `copying` makes what stands in for channels and people,
`introducing` tells the sandbox of it, `scenario` says what is to go wrong, `results` how it came out, `clearing` takes
all of it away again after a week. `working` is the worker. Why it is done this way: docs/adr/0026.
"""
