"""The shop's pictures, taken in as uploads of a member are."""

from __future__ import annotations

from django.core.files.base import ContentFile

from channels.media import store_upload
from channels.models import Media
from tenants.models import Member
from workspace.demo.pictures import picture
from workspace.demo.words import PRODUCTS


def store_pictures(by: Member) -> dict[str, Media]:
    """One picture of every product, by shape, inside the tenant's scope; those of an earlier run are kept."""
    return {product.shape: _kept(product.shape, by) or _store(product.shape, by) for product in PRODUCTS}


def _kept(shape: str, by: Member) -> Media | None:
    return Media.objects.filter(name=_name(shape), uploaded_by=by).order_by("pk").first()


def _store(shape: str, by: Member) -> Media:
    return store_upload(ContentFile(picture(shape), _name(shape)), by=by)


def _name(shape: str) -> str:
    return f"{shape}.jpg"
