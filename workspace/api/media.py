"""Uploads."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from channels.media import store_upload
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.shapes import MediaSerializer


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(allow_empty_file=True, help_text="a picture, video, sound or document")


class Uploads(ApiView):
    requires = {"POST": Permission.REPLY}
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_media",
        request={"multipart/form-data": UploadSerializer},
        responses={201: MediaSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep a file for a broadcast or a reply. Its type is told by its bytes, not by its name."""
        asked = UploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file: UploadedFile[bytes] = asked.validated_data["file"]
        media = store_upload(file, by=self.member, name=file.name or "")
        return Response(MediaSerializer(media).data, status=201)
