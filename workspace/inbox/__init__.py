"""The inbox: list, conversation, customer; and choosing conversations for a broadcast."""
