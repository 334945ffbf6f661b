"""Demo data: two believable teams with chats, pictures and broadcasts, all pointing at the sandbox."""
