"""PostgreSQL and Valkey as our launchers start them."""

import os
import signal
import stat
from pathlib import Path

import psycopg
import pytest
import redis

from broadcaster.embedded import binaries
from broadcaster.embedded import state as states
from broadcaster.embedded.account import Account, can_reach, service_account
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.services import Services
from broadcaster.embedded.state import StateFolder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another account")


@pytest.fixture
def services(state):
    services = Services(state)
    yield services
    services.stop()


def owner_of(child):
    return Path(f"/proc/{child.pid}").stat().st_uid


def test_data_survive_a_stop_and_a_kill(state, services):
    addresses = services.start()
    with psycopg.connect(addresses["DATABASE_URL"], autocommit=True) as db:
        db.execute("CREATE TABLE note (text text)")
        db.execute("INSERT INTO note VALUES ('kept')")
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        client.set("note", "kept")
    services.stop()

    addresses = services.start()
    with psycopg.connect(addresses["DATABASE_URL"], autocommit=True) as db:
        db.execute("INSERT INTO note VALUES ('kept too')")
    for child in services.children:
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait()

    services.children.clear()
    addresses = services.start()
    with psycopg.connect(addresses["DATABASE_URL"]) as db:
        assert db.execute("SELECT array_agg(text) FROM note").fetchone() == (["kept", "kept too"],)
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        assert client.get("note") == b"kept"


def test_postgres_wants_the_password_and_knows_chinese_and_accents(services):
    url = services.start()["DATABASE_URL"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(services.state.secret("database-password"), "wrong"))
    with psycopg.connect(url) as db:
        assert db.execute("SELECT lower('ÀÉ'), '群發訊息' ILIKE '%訊息'").fetchone() == ("àé", True)
        assert db.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_valkey_wants_the_password_keeps_tasks_and_evicts_nothing(services):
    url = services.start()["REDIS_URL"]
    with (
        pytest.raises(redis.AuthenticationError),
        redis.Redis.from_url(url.replace("redis://:", "redis://:x")) as client,
    ):
        client.ping()
    with redis.Redis.from_url(url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_secrets_are_readable_by_their_owner_alone(state, services):
    state.write_environment(services.start())
    for file in (
        *state.path.glob("secrets/*"),
        state.path / "environment.json",
        state.data / "valkey/valkey.conf",
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_servers_end_with_their_stop(services):
    services.start()
    pids = [child.pid for child in services.children]
    services.stop()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@as_root
def test_root_hands_the_servers_to_an_account_without_rights(services):
    services.start()
    assert {owner_of(child) for child in services.children} == {service_account().uid}
    assert 0 not in {owner_of(child) for child in services.children}


@as_root
def test_data_that_the_account_cannot_reach_go_to_the_system_folder(open_folder, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(states, "SYSTEM_STATE", open_folder / "system")
    private = open_folder / "private"
    private.mkdir(mode=0o700)
    state = StateFolder(private / ".data", service_account())
    assert state.data.parent == open_folder / "system"
    assert (state.path / "data-is-in").read_text().strip() == str(state.data)
    services = Services(state)
    try:
        with psycopg.connect(services.start()["DATABASE_URL"]) as db:
            assert db.execute("SHOW data_directory").fetchone() == (str(state.data / "postgres"),)
    finally:
        services.stop()


@as_root
def test_the_system_folder_is_refused_when_it_is_a_link_or_a_strangers(open_folder, monkeypatch):
    monkeypatch.setattr(states, "SYSTEM_STATE", open_folder / "system")
    (open_folder / "system").symlink_to(open_folder)
    with pytest.raises(ServiceError, match="link or belongs to another user"):
        states.system_folder("x")
    (open_folder / "system").unlink()
    (open_folder / "system").mkdir()
    os.chown(open_folder / "system", 65534, 65534)
    with pytest.raises(ServiceError, match="link or belongs to another user"):
        states.system_folder("x")


def test_programs_that_the_account_cannot_reach_are_copied_with_their_libraries(open_folder, monkeypatch):
    monkeypatch.setattr(states, "SYSTEM_STATE", open_folder / "system")
    site = open_folder / "site"
    for file in ("server/bin/program", "server.libs/libneeded.so", "server/__init__.py"):
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(file)
    (site / "server-1.2.dist-info").mkdir()
    (site / "server-1.2.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: server\nVersion: 1.2\n")
    monkeypatch.syspath_prepend(str(site))
    site.chmod(0o700)
    stranger = Account("stranger", 64_000, 64_000)
    where = binaries._reachable("server", binaries.Path("bin"), "program", stranger)
    assert where == open_folder / "system/server-1.2/server/bin"
    assert (where / "program").read_text() == "server/bin/program"
    assert (where.parent.parent / "server.libs/libneeded.so").exists()
    assert can_reach(stranger, where / "program")


def test_a_platform_without_a_wheel_is_told_what_to_set(monkeypatch):
    monkeypatch.setattr(binaries.platform, "machine", lambda: "s390x")
    with pytest.raises(ServiceError, match=r"no valkey-server for Linux s390x.*DATABASE_URL and REDIS_URL"):
        binaries.valkey_program(None)
    with pytest.raises(ServiceError, match="DATABASE_URL and REDIS_URL"):
        binaries._reachable("no_such_package", binaries.Path("bin"), "postgres", None)


def test_a_full_disk_is_named_before_anything_is_written(state, services, monkeypatch):
    monkeypatch.setattr(states, "NEEDED_BYTES", 10**18)
    with pytest.raises(ServiceError, match="is full"):
        services.start()
    assert not (state.data / "postgres").exists()


def test_data_of_another_postgres_are_left_alone(state, services):
    services.start()
    services.stop()
    (state.data / "postgres/PG_VERSION").write_text("17\n")
    with pytest.raises(ServiceError, match="made by PostgreSQL 17"):
        services.start()


def test_what_the_environment_names_is_used_as_it_is(state, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere.invalid/else")
    services = Services(state)
    try:
        addresses = services.start()
        assert addresses["DATABASE_URL"] == "postgresql://somewhere.invalid/else"
        assert [child.name for child in services.children] == ["valkey"]
    finally:
        services.stop()
