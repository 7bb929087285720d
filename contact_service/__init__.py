"""The journey of one submission.

An official fills in the form (`form`), without JavaScript the page posts plain fields (`web`). They become a `Submission`
(`submission`), the only object that holds plaintext. `message` writes it as the text of a mail, `advisers` says who may read
it, and `encryption` locks it for their keys. The finished, encrypted mails are committed to the `outbox`; only then does the
official read "received". A process of its own hands them to the next mail server (`delivery`). `config` reads the settings
and `cli` holds the operator's commands.
"""
