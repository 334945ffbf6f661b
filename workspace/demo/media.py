"""The shop's pictures, taken in as uploads of a member are."""

from __future__ import annotations

from django.core.files.base import ContentFile

from channels.media import store_upload
from channels.models import Media
from tenants.models import Member
from workspace.demo.pictures import picture
from workspace.demo.words import PRODUCTS


def store_pictures(by: Member) -> dict[str, Media]:
    """One picture of every product, by shape, inside the tenant's scope."""
    return {
        product.shape: store_upload(ContentFile(picture(product.shape), f"{product.shape}.jpg"), by=by)
        for product in PRODUCTS
    }
