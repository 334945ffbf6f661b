"""Facebook Messenger, through a Page. Facts and their date: docs/providers/facebook.md."""

from channels.adapters.meta.facebook.adapter import FacebookAdapter

__all__ = ["FacebookAdapter"]
