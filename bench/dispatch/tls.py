"""Dispatch over TLS, against a bare pycurl loop over TLS: what records and handshakes add falls on both.

The provider has a certificate of its own, made for the run, that both are told to trust; nothing is left unverified.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Collection, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.dispatch.bodies import write_bodies
from bench.dispatch.family import ours
from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import interleaved, median
from bench.shop import Shop
from channels.adapters.base import ChannelKind

PEOPLE = 20_000


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("tls")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, int(PEOPLE * share))
    certificate = str(_certificate(machine.folder))
    with machine.sink("--certificate", certificate) as sink:
        write_bodies(shop.prepared(channel), channel, machine.folder)
        mine, theirs = interleaved(
            runs,
            lambda: ours(machine, shop, channel, sink, trusted=certificate),
            lambda: machine.contend("bench.dispatch.pycurl_loop", sink, certificate),
        )
    yield Line(
        GOALS["dispatch.tls"],
        median(run.cpu_each for run in mine),
        median(run.cpu_each for run in theirs),
        median(one.cpu_each / other.cpu_each for one, other in zip(mine, theirs, strict=True)),
    )


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, valid for a day, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "provider.pem"
    path.touch(mode=0o600)
    path.write_bytes(signed.public_bytes(pem) + secret)
    return path
