"""The journey of one submission, room by room.

An official fills in the form (`web.form`, shown by `web.page` and `web.views`). Where JavaScript works, the browser has
encrypted it before it arrives here; without, the plain fields become a `Submission` (`mail.submission`), the only object that
holds plaintext. `mail.message` writes it as the text of a mail, `keys.advisers` says who may read it, and `keys.keyring` locks
it for their keys. Both ways meet in `web.intake`: `openpgp.ciphertext` makes sure for whom it is locked, and the finished,
encrypted mails are committed to the `outbox`. Only then does the official read "received". A process of its own hands them to
the next mail server (`delivery.process`, `delivery.post_office`), and `delivery.watch` tells the operator when one waits too
long. `settings` reads the environment, and `operator` holds the operator's commands.
"""
