"""What members note about a customer: tags, and whose customer it is."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from conversations.models import Customer
from tenants import audit
from tenants.errors import Invalid
from tenants.live import publish
from tenants.models import Member
from tenants.roles import Permission

LONGEST_TAG, MOST_TAGS = 40, 20  # characters; of one customer


@transaction.atomic
def add_tag(customer: Customer, tag: str, *, by: Member) -> Customer:
    """Tag the customer; whoever has the tag already keeps it once. Raises NotAllowed, Invalid."""
    row = _claim(customer, by)
    tag = " ".join(tag.split())
    if not tag or len(tag) > LONGEST_TAG:
        raise Invalid(_("A tag has between 1 and %(most)d characters.") % {"most": LONGEST_TAG})
    if tag.casefold() in (one.casefold() for one in row.tags):
        return row
    if len(row.tags) >= MOST_TAGS:
        raise Invalid(_("A customer has at most %(most)d tags. Remove one first.") % {"most": MOST_TAGS})
    row.tags = [*row.tags, tag]
    return _saved(row, "tags")


@transaction.atomic
def remove_tag(customer: Customer, tag: str, *, by: Member) -> Customer:
    """Take a tag away. Raises NotAllowed."""
    row = _claim(customer, by)
    row.tags = [one for one in row.tags if one != tag]
    return _saved(row, "tags")


@transaction.atomic
def bind(customer: Customer, *, to: Member | None, by: Member) -> Customer:
    """The customer belongs to `to` from now on, or to nobody: new conversations go there (D-19).

    Raises NotAllowed without the right, Invalid where `to` cannot answer customers.
    """
    by.require(Permission.ASSIGN)
    row = _claim(customer, by)
    if to is not None and not to.may(Permission.REPLY):
        raise Invalid(_("This member cannot answer customers. Choose somebody else."))
    before, row.bound_to = row.bound_to_id, to
    audit.record(by, "customer.bound", row, before=before, after=row.bound_to_id)
    return _saved(row, "bound_to")


def _claim(customer: Customer, by: Member) -> Customer:
    """The row as it is now, locked."""
    by.require(Permission.REPLY)
    return Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _saved(row: Customer, field: str) -> Customer:
    row.save(update_fields=[field])
    publish(row.tenant_id, "inbox")
    return row
