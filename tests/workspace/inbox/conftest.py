"""What the tests of this folder share."""

from __future__ import annotations

import pytest

from tenants.scopes import tenant_scope
from tests.factories import (
    ChannelFactory,
    ConversationFactory,
    MemberFactory,
)


@pytest.fixture
def chats(tenant, sales):
    """Three conversations of Sam's on LINE, one of nobody's, one of a colleague's."""
    with tenant_scope(tenant):
        line = ChannelFactory()
        mine = [ConversationFactory(assignee=sales, channel=line) for _ in range(3)]
        pending = ConversationFactory(channel=line, status="pending")
        theirs = ConversationFactory(assignee=MemberFactory(), channel=line)
    return mine, pending, theirs


@pytest.fixture
def sam(sign_in, sales):
    return sign_in(sales)
