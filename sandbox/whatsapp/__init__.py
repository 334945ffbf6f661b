"""WhatsApp's Cloud API: messages, media, numbers, templates and their webhooks."""
