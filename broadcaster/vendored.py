"""The front-end files kept in the repository: where they came from, and the proof that they are unchanged.

`static/vendor/vendor.json` lists one package each: name and version on npm, licence, the folder it is
unpacked to, the files taken (glob patterns inside the package, `strip` removed from their names) and
the SHA-256 of every file in the folder. No page loads anything from another host.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "static/vendor/vendor.json"


@dataclass(frozen=True)
class Package:
    """One vendored npm package; `files` maps a path inside `folder` to its SHA-256 in hex."""

    name: str
    version: str
    licence: str
    folder: str
    take: tuple[str, ...]
    strip: str
    files: dict[str, str]

    @classmethod
    def from_manifest(cls, row: dict[str, Any]) -> Package:
        return cls(
            name=row["name"],
            version=row["version"],
            licence=row["licence"],
            folder=row["folder"].replace("VERSION", row["version"]),
            take=tuple(row["take"]),
            strip=row.get("strip", ""),
            files=dict(row.get("files", {})),
        )

    @property
    def path(self) -> Path:
        return ROOT / self.folder


def packages() -> list[Package]:
    """Every package the manifest names."""
    return [Package.from_manifest(row) for row in json.loads(MANIFEST.read_text())["packages"]]


def differences(package: Package) -> list[str]:
    """What stands in the folder but not in the manifest, or the other way round; one line each, none when equal."""
    found = _hashes(package.path)
    return [
        f"{package.folder}/{name}: {_verdict(found.get(name), package.files.get(name))}"
        for name in sorted(found.keys() | package.files.keys())
        if found.get(name) != package.files.get(name)
    ]


def update() -> None:
    """Fetch every package again with `npm pack`, unpack the files taken and rewrite the hashes.

    Raises FileNotFoundError without npm, CalledProcessError when the registry refuses.
    """
    manifest = json.loads(MANIFEST.read_text())
    for row in manifest["packages"]:
        package = Package.from_manifest(row)
        _fetch(package)
        row["files"] = _hashes(package.path)
    MANIFEST.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def _fetch(package: Package) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder)
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
            cwd=unpacked,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        with tarfile.open(unpacked / packed) as archive:
            contents = {
                member.name.removeprefix("package/"): file.read()
                for member in archive
                if member.isfile() and (file := archive.extractfile(member))
            }
    licence = package.path / "LICENSE"
    if licence.exists():  # some packages carry none: then the one written by us stays
        contents.setdefault("LICENSE", licence.read_bytes())
    shutil.rmtree(package.path, ignore_errors=True)
    for name, content in contents.items():
        if _taken(name, package.take):
            target = package.path / name.removeprefix(package.strip)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _taken(name: str, patterns: tuple[str, ...]) -> bool:
    depth = len(PurePosixPath(name).parts)
    return name == "LICENSE" or any(
        depth == len(PurePosixPath(pattern).parts) and fnmatch.fnmatchcase(name, pattern)
        for pattern in patterns
    )


def _hashes(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _verdict(found: str | None, expected: str | None) -> str:
    if found is None:
        return "missing"
    return "not in vendor.json" if expected is None else "changed"
