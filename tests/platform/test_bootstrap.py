"""`python3 manage.py` in a folder without packages: it brings its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broadcaster.embedded.state import ROOT

SMALL = "asgiref"  # a package of the real lock that needs no other


def locked(package):
    """The lines of one package in the real lock, with its hashes."""
    lines = iter((ROOT / "requirements.lock").read_text().splitlines())
    for line in lines:
        if line.startswith(f"{package}=="):
            kept = [line]
            while kept[-1].endswith("\\"):
                kept.append(next(lines))
            return "\n".join(kept) + "\n"
    raise AssertionError(f"{package} is not in the lock")


@pytest.fixture
def project(open_folder):
    """A fresh clone of almost nothing: manage.py and a lock of one package; uv as this machine has it already."""
    shutil.copyfile(ROOT / "manage.py", open_folder / "manage.py")
    (open_folder / "requirements.lock").write_text(locked(SMALL))
    (open_folder / "requirements-dev.lock").write_text(locked(SMALL) + locked("sqlparse"))
    for uv in (ROOT / ".cache").glob("uv-*"):
        (open_folder / ".cache").mkdir(exist_ok=True)
        (open_folder / ".cache" / uv.name).symlink_to(uv)
    return open_folder


def manage(project, *arguments, python=sys._base_executable, **options):
    env = {name: value for name, value in os.environ.items() if name not in ("BOOTSTRAP", "VIRTUAL_ENV")}
    return subprocess.run(
        [python, str(project / "manage.py"), *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=150,
        **options,
    )


def has(project, package):
    code = [str(project / ".venv/bin/python"), "-c", f"import {package}"]
    return subprocess.run(code, capture_output=True, check=False).returncode == 0


def test_the_first_start_installs_what_is_locked_and_the_second_nothing(project):
    first = manage(project, "--packages")
    assert first.returncode == 0, first.stderr
    assert "Installing the packages of requirements.lock" in first.stderr
    assert has(project, SMALL) and not has(project, "sqlparse")
    second = manage(project, "--packages")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_a_changed_lock_is_installed_again(project):
    manage(project, "--packages")
    (project / "requirements.lock").write_text(locked(SMALL) + locked("sqlparse"))
    assert "Installing" in manage(project, "--packages").stderr
    assert has(project, "sqlparse")


def test_a_package_whose_hash_is_another_is_refused(project):
    lock = project / "requirements.lock"
    lock.write_text(
        "\n".join(line.split("--hash")[0] for line in locked(SMALL).splitlines()[:1]).rstrip(" \\") + " \\\n"
    )
    lock.write_text(lock.read_text() + f"    --hash=sha256:{'0' * 64}\n")
    refused = manage(project, "--packages")
    assert refused.returncode == 1
    assert "ash" in refused.stderr and "`uv` could not do its part" in refused.stderr
    assert not (project / ".venv/locked").exists()


def test_a_developers_packages_stay_when_another_command_runs(project):
    (project / ".venv").mkdir()
    manage(project, "--packages")
    (project / ".venv/bin/pytest").touch()  # what tells a developer's environment
    (project / ".venv/locked").unlink()
    assert "requirements-dev.lock" in manage(project, "--packages").stderr
    assert has(project, "sqlparse")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_who_may_not_write_is_told_who_must_run_it(project):
    def as_nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    python = reachable_python()
    refused = manage(project, "--packages", python=python, preexec_fn=as_nobody, cwd=project)
    assert refused.returncode == 1
    assert "Permission denied" in refused.stderr and "as the user that owns" in refused.stderr


def test_a_python_without_pip_is_told_what_to_install(project, tmp_path):
    subprocess.run([sys._base_executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    shutil.rmtree(project / ".cache")
    refused = manage(project, "--packages", python=str(tmp_path / "bare/bin/python"))
    assert refused.returncode == 1
    assert "no pip" in refused.stderr and "apt-get install python3-pip" in refused.stderr


def test_uv_uses_the_index_and_certificates_that_pip_is_told_to_use(project):
    told = {"PIP_INDEX_URL": "https://packages.example/simple", "PIP_CERT": "/etc/company.pem"}
    env = {
        name: value for name, value in os.environ.items() if name not in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE")
    }
    code = [sys._base_executable, "-c", "import manage; print(sorted(manage.registry().items()))"]
    done = subprocess.run(code, cwd=project, env=env | told, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        [("SSL_CERT_FILE", "/etc/company.pem"), ("UV_DEFAULT_INDEX", "https://packages.example/simple")]
    )


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user proves it with every other test")
def test_an_ordinary_user_runs_a_command_on_services_of_their_own(open_folder):
    """From a clone that belongs to `nobody`, who has no home: bootstrap, PostgreSQL and Valkey, migrations."""
    python = reachable_python()
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "static/", "assets/", "docs/")):
            (open_folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, open_folder / name)
    for path in (open_folder, *open_folder.rglob("*")):
        os.chown(path, 65534, 65534)
    foreign = (
        "BOOTSTRAP",
        "VIRTUAL_ENV",
        "DATABASE_URL",
        "REDIS_URL",
        "DATA_DIR",
        "SECRET_KEYS",
        "MEDIA_ROOT",
    )
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    code = "from django.db import connection as c; c.ensure_connection(); import os; print(os.getuid(), c.pg_version)"
    done = subprocess.run(
        [python, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=open_folder,
        env={**env, "HOME": "/nonexistent"},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    uid, version = done.stdout.split()
    assert uid == "65534" and version.startswith("18")
    assert (open_folder / ".data/postgres").stat().st_uid == 65534


def reachable_python():
    """A Python ≥ 3.11 with pip that other users may start: not one under root's closed home."""
    for name in ("/usr/bin/python3", "/usr/local/bin/python3", sys._base_executable):
        if not Path(name).exists():
            continue
        probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        try:
            done = subprocess.run(
                [name, "-c", probe], user=65534, group=65534, extra_groups=[], capture_output=True
            )
        except PermissionError:
            continue
        if done.returncode == 0:
            return name
    pytest.skip("no Python ≥ 3.11 with pip that another user can start")
