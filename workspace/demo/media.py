"""The shop's pictures as stored files."""

from __future__ import annotations

import hashlib
import io

from django.core.files.base import ContentFile
from PIL import Image

from channels.adapters.base import PartKind
from channels.models import Media
from tenants.models import Member, Tenant
from workspace.demo.pictures import SIDE, picture
from workspace.demo.words import PRODUCTS

PREVIEW_SIDE = 240


def store_pictures(tenant: Tenant, uploader: Member) -> dict[str, Media]:
    """One picture of every product, by shape, inside the tenant's scope."""
    return {product.shape: _store(tenant, uploader, product.shape) for product in PRODUCTS}


def _store(tenant: Tenant, uploader: Member, shape: str) -> Media:
    content = picture(shape)
    media = Media(
        tenant=tenant,
        kind=PartKind.IMAGE,
        mime="image/jpeg",
        extension=".jpg",
        name=f"{shape}.jpg",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=SIDE,
        height=SIDE,
        uploaded_by=uploader,
    )
    media.file.save("file.jpg", ContentFile(content), save=False)
    media.preview.save("preview.jpg", ContentFile(_preview(content)), save=False)
    media.save()
    return media


def _preview(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=80)
    return out.getvalue()
