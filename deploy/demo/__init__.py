"""The whole journey on one machine, for looking and for tests: demo advisers with keys, a mail server, and their inbox."""
