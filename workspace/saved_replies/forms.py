"""What people type into a saved reply."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from channels.media import store_upload
from channels.models import Media
from conversations.models import SavedReply
from conversations.saved_replies import LONGEST_SHORTCUT, LONGEST_TEXT, LONGEST_TITLE, Draft
from tenants.errors import DomainError, Invalid
from tenants.models import Member


class SavedReplyForm(forms.Form):
    """`file_key` is the key of the file it has; a new `file` takes its place."""

    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    shortcut = forms.CharField(
        label=_("Shortcut"),
        required=False,
        max_length=LONGEST_SHORTCUT + 1,
        help_text=_("Type / and this word in the reply box to find it, for example /hours."),
    )
    text = forms.CharField(
        label=_("Text"), required=False, max_length=LONGEST_TEXT, strip=False, widget=forms.Textarea
    )
    file = forms.FileField(label=_("Picture or file"), required=False, allow_empty_file=True)
    file_key = forms.CharField(required=False, widget=forms.HiddenInput)
    team = forms.BooleanField(label=_("Everybody in the team may use it"), required=False)

    @staticmethod
    def initial_of(reply: SavedReply) -> dict[str, Any]:
        return {
            "title": reply.title,
            "shortcut": reply.shortcut,
            "text": reply.text,
            "file_key": reply.media.key if reply.media else "",
            "team": reply.owner_id is None,
        }

    def kept_media(self) -> Media | None:
        """The file it has so far."""
        key = self["file_key"].value()
        return Media.objects.filter(key=key).first() if key else None

    def take_file(self, by: Member) -> None:
        """Keep the chosen file at once, so that a fault elsewhere in the form does not lose it."""
        file: UploadedFile[bytes] | None = self.files.get("file")
        if file is None:
            return
        try:
            media = store_upload(file, by=by)
        except DomainError as error:
            self.add_error("file", str(error.message))
            return
        self.data = dict(self.data.items()) | {"file_key": media.key}

    def draft(self) -> Draft:
        typed = self.cleaned_data
        return Draft(typed["title"], typed["shortcut"], typed["text"], self.kept_media(), typed["team"])

    def add_faults(self, error: Invalid) -> None:
        for fault in error.errors:
            self.add_error(fault["field"], fault["detail"])
