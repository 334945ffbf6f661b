"""`manage.py bench [NAME …] [--list] [--runs N] [--share F]`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

# Which module measures what.
FAMILIES = {
    "bench.dispatch.family": (
        "dispatch.rate",
        "dispatch.cpu_vs_pycurl",
        "dispatch.cpu_vs_naive_task",
        "dispatch.cpu_vs_pywa",
        "dispatch.cpu_vs_apprise",
        "dispatch.cpu_vs_line_sdk",
    ),
    "bench.dispatch.tls": ("dispatch.tls",),
    "bench.record": ("record.rate",),
    "bench.materialise": ("materialise.rate",),
    "bench.preflight": ("preflight.100k",),
    "bench.line": ("line.multicast",),
    "bench.pace": ("pace.80", "pace.1000"),
    "bench.many.numbers": ("pace.many",),
    "bench.pages": ("page.campaign_1m", "page.inbox_100k"),
    "bench.webhooks.door": ("webhook.rate",),
    "bench.webhooks.absorb": ("webhook.absorb",),
    "bench.webhooks.keep_up": ("webhook.keep_up",),
    "bench.settlement": ("settlement.cpu",),
    "bench.million.broadcast": (
        "million.sent",
        "million.absorbed",
        "million.page",
        "million.api",
        "million.memory",
    ),
}
LONG = {"bench.million.broadcast"}  # runs only when it is named


def chosen(names: Sequence[str]) -> dict[str, list[str]]:
    """The wanted benchmarks by the module that measures them; a name stands for all that begin with it, and no name
    for all but the long ones.

    Raises SystemExit for a name there is not.
    """
    known = [name for family in FAMILIES.values() for name in family]
    wanted: set[str] = set()
    for name in names:
        fits = [each for each in known if each == name or each.startswith(f"{name}.")]
        if not fits:
            sys.exit(f"bench: no benchmark is called {name}; `manage.py bench --list` names them")
        wanted |= set(fits)
    if not names:
        wanted = {name for module, family in FAMILIES.items() if module not in LONG for name in family}
    return {
        module: [each for each in family if each in wanted]
        for module, family in FAMILIES.items()
        if wanted & set(family)
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="manage.py bench", description="Benchmarks against baselines in one run."
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a benchmark, or what its name begins with; `million` runs only when it is named",
    )
    parser.add_argument("--list", action="store_true", help="name them all")
    parser.add_argument("--runs", type=int, default=3, help="of each contender, by turns (3)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the sizes: small ones prove only the harness"
    )
    options = parser.parse_args()
    if options.list:
        for family in FAMILIES.values():
            print("\n".join(family))
        return
    families = chosen(options.names)
    from bench.machine import machine

    broken = False
    with machine() as ours:
        os.environ.update(ours.environment)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        for module, wanted in families.items():
            try:
                for line in importlib.import_module(module).benchmark(
                    ours, wanted, options.runs, options.share
                ):
                    print(line.json, flush=True)
            except Exception:  # noqa: BLE001  one that broke keeps no other from running, and fails the command
                traceback.print_exc()
                broken = True
    sys.exit(broken)


if __name__ == "__main__":
    main()
