"""WhatsApp Business Platform, Cloud API. Facts and their date: docs/providers/whatsapp.md."""

from channels.adapters.meta.whatsapp.adapter import WhatsAppAdapter

__all__ = ["WhatsAppAdapter"]
