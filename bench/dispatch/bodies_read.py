"""The bodies that the baselines send, read without Django."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import orjson

BODIES = "bodies.json"


class Bodies(NamedTuple):
    """One request's path and headers, and the bodies of all. `people` are the addresses in the same order."""

    path: str
    headers: list[tuple[str, str]]
    bodies: list[str]
    people: list[str]


def read_bodies(name: str = BODIES) -> Bodies:
    path, headers, bodies, people = orjson.loads(Path(os.environ["BENCH_FOLDER"], name).read_bytes())
    return Bodies(path, headers, bodies, people)
