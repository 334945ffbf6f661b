"""A local imitation of the providers' APIs over HTTP: same paths, bodies, errors, limits and signatures.

It knows nothing of the product and is started on its own: ``python -m sandbox --port 8001``.
"""
