"""A program with a token: `api(sales).get("me")`."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.utils import timezone

from campaigns.models import Counter
from tenants.models import ApiToken, Member
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, PartFactory, RecipientFactory


def token_for(member: Member, **fields) -> tuple[ApiToken, str]:
    secret = ApiToken.new_secret()
    with tenant_scope(member.tenant):
        token = ApiToken.objects.create(
            tenant=member.tenant,
            member=member,
            name="test",
            prefix=secret[:8],
            hash=ApiToken.hash_of(secret),
            **fields,
        )
    return token, secret


@dataclass
class Program:
    """Speaks JSON under /api/v1/ as one member."""

    secret: str
    language: str = "en"

    def __post_init__(self):
        self.client = Client()

    def _headers(self, more):
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": self.language, **more}

    def get(self, path, query=None, **headers):
        return self.client.get(f"/api/v1/{path}", query, headers=self._headers(headers))

    def follow(self, address, **headers):
        return self.client.get(address, headers=self._headers(headers))

    def post(self, path, body=None, **headers):
        return self.client.post(
            f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=self._headers(headers)
        )

    def upload(self, path, fields, **headers):
        return self.client.post(f"/api/v1/{path}", fields, headers=self._headers(headers))

    def patch(self, path, body, **headers):
        return self.client.patch(
            f"/api/v1/{path}", json.dumps(body), "application/json", headers=self._headers(headers)
        )

    def delete(self, path, **headers):
        return self.client.delete(f"/api/v1/{path}", headers=self._headers(headers))


@pytest.fixture
def api():
    with redis.Redis.from_url(settings.LIVE_REDIS_URL) as client:
        client.flushdb()  # the buckets of the rate limit

    def as_member(member: Member, language: str = "en") -> Program:
        return Program(token_for(member)[1], language)

    return as_member


def assert_problem(response, status: int, code: str) -> dict:
    """The answer is a problem document; returns it."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:broadcaster:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert isinstance(body["errors"], list)
    return body


@pytest.fixture
def finished(tenant, sales):
    """One that ended: read, failed and skipped."""
    with tenant_scope(tenant):
        campaign = CampaignFactory(created_by=sales, status="completed", total=3, started_at=timezone.now())
        PartFactory(campaign=campaign)
        channel = ChannelFactory(kind="whatsapp")
        now = timezone.now()
        states = [
            {
                "state": 3,
                "delivery": 2,
                "part_states": [3],
                "sent_at": [now],
                "read_at": [now],
                "replied_at": now,
            },
            {"state": 5, "part_states": [4], "reason": "undeliverable", "provider_code": "131026"},
            {"state": 6, "part_states": [0], "reason": "window_closed"},
        ]
        for state in states:
            RecipientFactory(
                campaign=campaign,
                contact=ContactFactory(channel=channel),
                marked_at=now,
                accepted_at=now,
                **state,
            )
        Counter.objects.create(
            tenant=tenant,
            campaign=campaign,
            channel=channel,
            read=1,
            failed=1,
            skipped=1,
            replied=1,
            interacted=1,
            reasons={"5 undeliverable 131026": 1, "6 window_closed ": 1},
        )
    return campaign
