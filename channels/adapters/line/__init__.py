"""LINE Messaging API. Facts and their date: docs/providers/line.md."""

from channels.adapters.line.adapter import LineAdapter

__all__ = ["LineAdapter"]
