"""What every way of choosing people has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from conversations.models import Conversation
from tenants.errors import Invalid
from tenants.models import Member

MOST_NAMED = 20_000  # people named one by one; more are chosen by a rule


@dataclass(frozen=True)
class People:
    """Chosen people as one query of three columns: id of the contact, id of their conversation or NULL, and the
    Reason for which they are left out whatever the broadcast says ("" = none)."""

    rows: QuerySet[Any, tuple[int, int | None, str]]

    def sql(self) -> tuple[str, list[Any]]:
        """A common table expression `chosen (contact_id, conversation_id, excluded)` and its parameters."""
        sql, params = self.rows.query.sql_with_params()
        return f"chosen (contact_id, conversation_id, excluded) AS ({sql})", list(params)

    def chunk_sql(self, after: int, size: int) -> tuple[str, list[Any]]:
        """The same, limited to `size` people after the contact `after`, by contact, each once."""
        sql, params = self.sql()
        return (
            f"""every{sql.removeprefix("chosen")},
            chosen AS (SELECT DISTINCT ON (contact_id) * FROM every WHERE contact_id > %s
                       ORDER BY contact_id, conversation_id DESC NULLS LAST LIMIT %s)""",  # noqa: S608  (our own SQL)
            [*params, after, size],
        )


class Audience(ABC):
    """Whom a campaign is for, as somebody asked for it. `key` names the way of choosing in the API."""

    key: ClassVar[str]
    text_only: ClassVar[bool] = False  # whether it takes texts only, on whatever channel

    @classmethod
    @abstractmethod
    def read(cls, value: Any) -> Self:
        """The audience that `value` describes. Raises Invalid where it cannot be read."""

    @abstractmethod
    def value(self) -> Any:
        """Itself as JSON; `read` makes an equal one of it."""

    @abstractmethod
    def people(self, member: Member) -> People:
        """The people in it this member may send to. Raises Invalid naming whom they may not."""

    def launched(self, member: Member) -> People:
        """The people in it once Send was allowed: whoever was named stays in it, so that somebody who can no longer
        be sent to is accounted for by name and keeps nobody else from being reached."""
        return self.people(member)

    def without_faulty(self, member: Member) -> Audience:
        """The same without those that `people` refuses; a rule chooses anew by itself."""
        return self

    def on_account(self, account: int, member: Member) -> Audience | None:
        """The same without those on other WhatsApp accounts than `account` (an id); None where it cannot be told apart
        by accounts."""
        return None

    @property
    def size(self) -> int:
        """How many people it names; 0 where a rule decides."""
        return 0

    def to_dict(self) -> dict[str, Any]:
        return {self.key: self.value()}


def fault(field: str, code: str, detail: str) -> dict[str, str]:
    """One entry of an error's list; `field` is below `audience`."""
    return {"field": f"audience.{field}", "code": code, "detail": detail}


def invalid(field: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[fault(field, code, detail)])


def among(column: str, values: tuple[int, ...]) -> Q:
    """`column` is one of `values`, however many: they travel as one parameter."""
    return Q(**{f"{column}__in": RawSQL("SELECT unnest(%s::bigint[])", [list(values)])})


def latest_chat(member: Member) -> Subquery:
    """The conversation of a contact (the outer row) that the member would open: the latest they may see."""
    chats = Conversation.objects.visible_to(member).filter(contact=OuterRef("pk"))
    return Subquery(chats.order_by("-pk").values("pk")[:1])
