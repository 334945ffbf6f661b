"""Meta's bill beside our books: whether they agree, and where not, in which messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date

from django.contrib import messages
from django.db.models.functions import Now
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing.money import shown
from billing.statements import following
from campaigns import tasks
from campaigns.bill import Behind, behind
from campaigns.models import BillLine, MetaBill, Recipient
from conversations.models import Message
from tenants.doorbell import ring_on_commit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.credit.movements import PLACES, month_of
from workspace.credit.usage import CATEGORIES

TOLERATED = 100  # millionths: Meta tells costs as fractions that do not always end
MOST_LINES, MOST_MESSAGES = 500, 200


@dataclass(frozen=True)
class Row:
    line: BillLine
    category: str | Promise
    meta: str
    ours: str
    agrees: bool
    final: bool  # Meta still counts the present day


@dataclass(frozen=True)
class Total:
    """`meta` is "" where Meta told no cost for anything."""

    meta: str
    ours: str
    meta_messages: int
    our_messages: int
    agrees: bool


@dataclass(frozen=True)
class Person:
    """One message behind a line."""

    name: str
    about: str
    url: str
    amount: str
    found: Behind


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def bill(request: TenantRequest) -> HttpResponse:
    """A month (`?month=2026-11`, else the present one), what differs first."""
    today = timezone.now().astimezone(UTC).date()
    month = month_of(request.GET.get("month", "")) or today.replace(day=1)
    bills = list(MetaBill.objects.select_related("account").order_by("pk"))
    lines = _lines(month)
    rows = [_row(line, request.tenant.currency, today) for line in lines]
    rows.sort(key=lambda row: (row.agrees or not row.final, -row.line.day.toordinal()))
    first = BillLine.objects.order_by("day").values_list("day", flat=True).first()
    context = {
        "month": month,
        "months": _months(first or today, today),
        "bills": bills,
        "compared": any(one.compared_at for one in bills),
        "total": _total(lines, rows, request.tenant.currency),
        "differing": sum(not row.agrees and row.final for row in rows),
        "rows": rows[:MOST_LINES],
        "more": max(0, len(rows) - MOST_LINES),
        "may_compare": request.member.may(Permission.MANAGE_CHANNELS),
    }
    return render(request, "credit/bill.html", context)


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def bill_line(request: TenantRequest, line: int) -> HttpResponse:
    """The messages we booked under one line."""
    row = get_object_or_404(BillLine.objects.select_related("bill__account", "channel"), pk=line)
    today = timezone.now().astimezone(UTC).date()
    found = behind(row, MOST_MESSAGES)
    context = {
        "row": _row(row, request.tenant.currency, today),
        "people": _people(found, request.tenant.currency),
        "more": max(0, row.our_volume - len(found)),
    }
    return render(request, "credit/bill_line.html", context)


@require_POST
@require_permission(Permission.MANAGE_CHANNELS)
def compare_now(request: TenantRequest) -> HttpResponse:
    """Have Meta asked at once, not tonight."""
    ask_meta()
    messages.success(request, _("Meta is being asked; this page follows by itself."))
    return redirect("credit:bill")


def ask_meta() -> None:
    """Have every account's bill compared now; the answer comes by itself."""
    MetaBill.objects.update(due_at=Now())
    ring_on_commit(tasks.compare_bills)


def _lines(month: date) -> list[BillLine]:
    rows = BillLine.objects.filter(day__gte=month, day__lt=following(month))
    return list(
        rows.select_related("bill__account", "channel").order_by("-day", "channel", "country", "category")
    )


def _row(line: BillLine, currency: str, today: date) -> Row:
    meta = "" if line.meta_cost is None else shown(line.meta_cost, line.bill.currency, places=PLACES)
    return Row(
        line,
        CATEGORIES.get(line.category, line.category),
        meta,
        shown(line.our_amount, currency, places=PLACES),
        agrees(line, currency),
        line.day < today,
    )


def agrees(line: BillLine, currency: str) -> bool:
    """As many messages, and where both speak of the same currency as much money."""
    if line.meta_volume != line.our_volume:
        return False
    if line.meta_cost is None or line.bill.currency != currency:
        return True
    return abs(line.meta_cost - line.our_amount) <= TOLERATED


def _total(lines: Sequence[BillLine], rows: Sequence[Row], currency: str) -> Total | None:
    """Of the days that are over."""
    over = [row.line for row in rows if row.final]
    if not over:
        return None
    told = [line for line in over if line.meta_cost is not None]
    sums: dict[str, int] = {}
    for line in told:
        sums[line.bill.currency] = sums.get(line.bill.currency, 0) + (line.meta_cost or 0)
    return Total(
        meta=" + ".join(shown(amount, name) for name, amount in sorted(sums.items())),
        ours=shown(sum(line.our_amount for line in over), currency),
        meta_messages=sum(line.meta_volume for line in over),
        our_messages=sum(line.our_volume for line in over),
        agrees=all(row.agrees for row in rows if row.final),
    )


def _months(first: date, today: date) -> list[date]:
    month, found = today.replace(day=1), []
    while month >= first.replace(day=1):
        found.append(month)
        month = (date(month.year - 1, 12, 1)) if month.month == 1 else month.replace(month=month.month - 1)
    return found


def _people(found: Sequence[Behind], currency: str) -> list[Person]:
    recipients = Recipient.objects.select_related("contact__customer", "campaign").in_bulk(
        [one.recipient for one in found if one.recipient]
    )
    replies = Message.objects.select_related("contact__customer", "conversation").in_bulk(
        [one.message for one in found if one.message]
    )
    people = []
    for one in found:
        amount = shown(one.amount, currency, places=PLACES)
        if one.recipient:
            recipient = recipients[one.recipient]
            number = recipient.campaign.number
            about = _("Broadcast №%(number)s") % {"number": number}
            url = reverse("campaigns:detail", args=[number])
            people.append(Person(recipient.contact.customer.name, about, url, amount, one))
        elif one.message:
            reply = replies[one.message]
            about = _("Reply in chat #%(number)s") % {"number": reply.conversation.number}
            url = reverse("inbox:conversation", args=[reply.conversation.number])
            people.append(Person(reply.contact.customer.name, about, url, amount, one))
    return people
