"""The table of what may be broadcast where, against the rows of the reference tables."""

from __future__ import annotations

import pytest

from channels.adapters.base import PLAIN_KINDS, ChannelKind
from channels.capabilities import Client, Content, matrix, takes

COLUMNS = ("line", "facebook", "instagram", "whatsapp")


@pytest.mark.parametrize(
    ("client", "content", "row"),
    [
        ("web", "emoji", "yyyy"),
        ("web", "image", "yyyy"),
        ("web", "video", "yyny"),
        ("web", "file", "nyny"),
        ("web", "saved_reply", "yyyy"),
        ("app", "image", "yyyy"),
        ("app", "video", "yyyy"),
        ("app", "file", "nyyy"),
        ("app", "saved_reply", "yyyy"),
    ],
)
def test_each_row_of_the_tables(client: str, content: str, row: str) -> None:
    assert "".join("y" if takes(client, channel, content) else "n" for channel in COLUMNS) == row


@pytest.mark.requirement("S2-7")
@pytest.mark.parametrize("client", list(Client))
def test_web_chat_takes_no_broadcast(client: Client) -> None:
    assert not any(takes(client, ChannelKind.WEB, content) for content in Content)


@pytest.mark.requirement("S2-51")
def test_the_client_decides_too() -> None:
    assert not takes("web", "instagram", "video")
    assert takes("app", "instagram", "video")


def test_every_part_kind_has_a_row_and_unknown_words_are_refused() -> None:
    assert {kind.value for kind in PLAIN_KINDS} <= {content.value for content in Content}
    with pytest.raises(ValueError):
        takes("fax", "line", "text")


def test_the_matrix_is_complete() -> None:
    table = matrix()
    assert set(table) == {"web", "app"}
    for columns in table.values():
        assert set(columns) == {kind.value for kind in ChannelKind}
        assert all(set(cells) == {content.value for content in Content} for cells in columns.values())
