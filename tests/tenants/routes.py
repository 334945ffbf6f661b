"""Every address of the product, read from the URL resolver, and how a test calls it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# Addresses of libraries, which carry no id of ours: allauth's own tests hold them, ours are in test_accounts.py.
FOREIGN = ("allauth.", "django.views.static", "drf_spectacular.")
CATCH_ALL = {"api:unknown"}  # 404 to whatever nobody else answers


@dataclass(frozen=True)
class Route:
    """One named address; `parameters` are the names of the values in it."""

    name: str
    parameters: tuple[str, ...]
    view: Any = field(compare=False, repr=False)

    def url(self, values: dict[str, Any]) -> str:
        return reverse(self.name, kwargs={name: values[name] for name in self.parameters})

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api:")

    def __str__(self) -> str:
        return self.name


@cache
def routes() -> tuple[Route, ...]:
    """All of ours. Raises AssertionError for an address without a name: it could not be tested."""
    return tuple(_walk(get_resolver(), ""))


def _walk(resolver: URLResolver, namespace: str, inherited: tuple[str, ...] = ()) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        parameters = (*inherited, *_parameters(entry))
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, inner, parameters)
        elif not entry.callback.__module__.startswith(FOREIGN):
            assert entry.name, f"{entry.pattern} has no name"
            name = f"{namespace}{entry.name}"
            if name not in CATCH_ALL:
                yield Route(name, parameters, entry.callback)


def _parameters(entry: URLPattern | URLResolver) -> tuple[str, ...]:
    return tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex)


def methods_of(client: Client, url: str, **headers: str) -> list[str]:
    """The methods an address takes, as its refusal of a nonsense method says."""
    refusal = client.generic("PROPFIND", url, **headers)
    assert refusal.status_code == 405, f"PROPFIND {url} -> {refusal.status_code}: say require_GET or the like"
    allowed = [method.strip() for method in refusal.headers["Allow"].split(",")]
    return [method for method in allowed if method not in ("HEAD", "OPTIONS")]
