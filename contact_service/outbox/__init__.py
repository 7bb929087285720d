"""What waits: the database with finished, encrypted mails, the signals between processes, and how both are."""
