"""The LINE Messaging API: sending, quota, profiles, content and webhooks."""
