"""On the way out, in a process of its own: the mail server, the rounds through the outbox, the watch."""
