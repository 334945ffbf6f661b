"""What each channel takes of a file, and how a file is named to a provider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.adapters.base import ChannelSpec, MediaRule, OutgoingMedia, PartKind
from channels.models import Media

PREVIEW_NAME = "preview.jpg"
KIND_NAMES: dict[PartKind, str | Promise] = {
    PartKind.IMAGE: gettext_lazy("pictures"),
    PartKind.VIDEO: gettext_lazy("videos"),
    PartKind.AUDIO: gettext_lazy("sound"),
    PartKind.FILE: gettext_lazy("files"),
}
TYPE_NAMES = {  # as people know them; others by the end of their MIME type
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "video/mp4": "MP4",
    "video/quicktime": "MOV",
    "video/ogg": "OGG",
    "video/webm": "WebM",
    "video/x-msvideo": "AVI",
    "video/3gpp": "3GP",
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/x-m4a": "M4A",
    "audio/aac": "AAC",
    "audio/amr": "AMR",
    "audio/ogg": "OGG",
    "text/plain": "TXT",
    "application/pdf": "PDF",
    "application/msword": "DOC",
    "application/vnd.ms-excel": "XLS",
    "application/vnd.ms-powerpoint": "PPT",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PPTX",
}
CODEC_NAMES: dict[str, str | Promise] = {  # others in capitals
    "h264": "H.264",
    "h264_high_b": gettext_lazy("H.264 High with B-frames"),
    "hevc": "H.265 (HEVC)",
    "mpeg4": "MPEG-4",
    "several": gettext_lazy("several tracks"),
}


@dataclass(frozen=True)
class MediaProblem:
    """Why a channel does not take a file: a stable code and a text in the reader's language."""

    code: str  # "kind_refused", "type_refused", "codec_refused", "too_large", "no_preview"
    text: str


def problems_for(media: Media, spec: ChannelSpec) -> list[MediaProblem]:
    """The channel's rules that refuse this file; empty where it may be sent."""
    kind = PartKind(media.kind)
    rule = spec.media.get(kind)
    kinds = KIND_NAMES[kind]
    if rule is None:
        return [
            MediaProblem(
                "kind_refused", _("{channel} takes no {kinds}.").format(channel=spec.label, kinds=kinds)
            )
        ]
    return [
        *_type_problems(media, rule, spec.label, str(kinds)),
        *_codec_problems(media, rule, spec.label),
        *_size_problems(media, rule, spec.label, str(kinds)),
    ]


def _type_problems(media: Media, rule: MediaRule, channel: str, kinds: str) -> list[MediaProblem]:
    if media.mime in rule.mimes:
        return []
    text = _("{channel} takes {kinds} as {types} only; this is {type}.").format(
        channel=channel,
        kinds=kinds,
        types=", ".join(sorted({type_name(mime) for mime in rule.mimes})),
        type=type_name(media.mime),
    )
    return [MediaProblem("type_refused", text)]


def _codec_problems(media: Media, rule: MediaRule, channel: str) -> list[MediaProblem]:
    """Of videos whose file says how it is packed; of the others the provider judges."""
    picture = (
        media.video_codec,
        rule.video_codecs,
        _("{channel} takes videos with pictures in {taken}; this has {found}."),
    )
    sound = (
        media.audio_codec,
        rule.audio_codecs,
        _("{channel} takes videos with sound in {taken}; this has {found}."),
    )
    return [
        MediaProblem(
            "codec_refused",
            text.format(
                channel=channel,
                taken=", ".join(_codec_name(name) for name in sorted(taken)),
                found=_codec_name(codec),
            ),
        )
        for codec, taken, text in (picture, sound)
        if codec and taken and codec not in taken
    ]


def _size_problems(media: Media, rule: MediaRule, channel: str, kinds: str) -> list[MediaProblem]:
    problems = []
    if media.bytes > rule.max_bytes:
        text = _("{channel} takes {kinds} up to {most}; this has {size}.").format(
            channel=channel, kinds=kinds, most=shown_size(rule.max_bytes), size=shown_size(media.bytes)
        )
        problems.append(MediaProblem("too_large", text))
    if rule.needs_preview and not media.preview:
        text = _("{channel} needs a preview, and none could be made of this file.").format(channel=channel)
        problems.append(MediaProblem("no_preview", text))
    return problems


def shown_size(size: int) -> str:
    """Bytes as people and providers write them: "47 B", "820 KB", "16 MB", "17.4 MB"."""
    if size < 1000:
        return f"{size} B"
    unit, amount = ("KB", size / 1e3) if size < 1e6 else ("MB", size / 1e6)
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def outgoing_media(media: Media) -> OutgoingMedia:
    """The file as a provider fetches it, from `PUBLIC_URL`."""
    return OutgoingMedia(
        url=public_url(media),
        mime=media.mime,
        filename=media.name,
        preview_url=f"{_address(media)}/{PREVIEW_NAME}" if media.preview else "",
        duration_ms=media.duration_ms or 0,
    )


def public_url(media: Media) -> str:
    """Where anybody who knows the key finds the file. Only a document's own name is part of it: people see that."""
    if media.kind != PartKind.FILE:
        return f"{_address(media)}/{media.kind}{media.extension}"
    return f"{_address(media)}/{quote(PurePath(media.name).stem[:60], safe='')}{media.extension}"


def _address(media: Media) -> str:
    return f"{settings.PUBLIC_URL}/m/{media.key}"


def _codec_name(codec: str) -> str:
    return str(CODEC_NAMES.get(codec, codec.upper()))


def type_name(mime: str) -> str:
    """ "MP4", "DOCX": a type as people know it."""
    return TYPE_NAMES.get(mime, mime.rpartition("/")[2])


def is_kept(media: Media) -> bool:
    """Whether the storage still has the file: providers fetch it from there, some only when the customer looks."""
    name = media.file.name
    return name is not None and name != "" and media.file.storage.exists(name)
