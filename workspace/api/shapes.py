"""Values that several addresses answer with."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.http import Http404
from rest_framework import serializers

from channels.adapters.base import PLAIN_KINDS, ChannelKind
from channels.media.rules import public_url
from channels.models import Media
from tenants.errors import Invalid, NotFound

MAX_NUMBER = 2**63 - 1


class Instant(serializers.DateTimeField):
    """A moment in UTC, `2026-11-21T09:00:00Z`; null where it has not come."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


def kind_field(**options: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField([kind.value for kind in ChannelKind], **options)


class ChannelRefSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = kind_field()
    name = serializers.CharField()


class MediaSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="key")
    kind = serializers.ChoiceField([kind.value for kind in PLAIN_KINDS])
    mime = serializers.CharField()
    bytes = serializers.IntegerField()
    name = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    url = serializers.SerializerMethodField(help_text="public and unguessable: providers fetch it there")

    def get_url(self, media: Media) -> str:
        return public_url(media)


def existing(number: int) -> int:
    """A number of an address, refused as not found where no row can have it."""
    if not 0 < number <= MAX_NUMBER:
        raise Http404
    return number


def media_with(key: str | None) -> Media | None:
    """The uploaded file a body names; None where it names none. Raises Invalid."""
    if not key:
        return None
    found = Media.objects.filter(key=key.replace("\x00", "")).first()
    if found is None:
        raise Invalid(errors=[{"field": "media", "code": "not_found", "detail": str(NotFound.message)}])
    return found
