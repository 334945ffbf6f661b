"""Secrets at rest, and keys that are turned over."""

from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken
from django.db import connection

from tenants import secrets
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory


def test_what_is_stored_cannot_be_read(tenant):
    with tenant_scope(tenant):
        channel = ChannelFactory(access_token="very-secret", secret="")
        with connection.cursor() as cursor:
            cursor.execute("SELECT access_token, secret FROM channels_channel WHERE id = %s", [channel.pk])
            stored, empty = cursor.fetchone()
        channel.refresh_from_db()
    assert "very-secret" not in stored
    assert empty == ""
    assert channel.access_token == "very-secret"


def test_a_new_key_encrypts_and_the_old_one_still_reads(settings):
    settings.SECRET_KEYS = ["old"]
    before = secrets.encrypt("token")
    settings.SECRET_KEYS = ["new", "old"]
    assert secrets.decrypt(before) == "token"
    after = secrets.encrypt("token")
    settings.SECRET_KEYS = ["new"]
    assert secrets.decrypt(after) == "token"
    with pytest.raises(InvalidToken):
        secrets.decrypt(before)
