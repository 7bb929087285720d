"""The journey of one submission.

An official fills in the form (`form`, shown by `page` and `views`). Where JavaScript works, the browser has encrypted it before
it arrives here; without, the plain fields become a `Submission` (`submission`), the only object that holds plaintext. `message`
writes it as the text of a mail, `advisers` says who may read it, and `encryption` locks it for their keys. Both ways meet in
`intake`: `ciphertext` makes sure for whom it is locked, and the finished, encrypted mails are committed to the `outbox`. Only
then does the official read "received". A process of its own hands them to the next mail server (`delivery`, `post_office`), and
`watch` tells the operator when one waits too long. `config` reads the settings and `cli` holds the operator's commands.
"""
