"""Instagram messaging, with Instagram Login. Facts and their date: docs/providers/instagram.md."""

from channels.adapters.meta.instagram.adapter import InstagramAdapter

__all__ = ["InstagramAdapter"]
