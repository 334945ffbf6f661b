"""The API for other programs, version 1: everything the screens do, under `/api/v1/` (`docs/api.md`)."""
