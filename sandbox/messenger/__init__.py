"""The Messenger Platform: threads of a Page or an Instagram account with one person each, and their webhooks."""
