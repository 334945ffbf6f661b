"""Meta's Graph API: versions, tokens, nodes and errors that WhatsApp, Messenger and Instagram share."""
