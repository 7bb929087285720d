"""What may be wrong, in words. A fault has a code for machines and a sentence for people."""

# One sentence for each fault; deploy/GUIDE.md says under the same words what to do.
SENTENCES = {
    "outbox-unavailable": "The outbox cannot be written: submissions are refused. Look at CONTACT_OUTBOX and its disk.",
    "disk-full": "The disk is nearly full: submissions are refused, delivery goes on. Make room.",
    "roles-closed": "The form is closed for at least one role: no adviser has a usable key.",
    "key-unfit": "At least one key cannot be used. `contact-service check` names it.",
    "delivery-silent": "The delivery process has given no sign of life for a quarter of an hour. Start it.",
    "next-hop": "The next mail server does not take mail. Mails wait in the outbox.",
    "not-encrypted": "A message could not be encrypted. Look at `journalctl -u contact-web` and `contact-service check`.",
    "headers": "The web server does not send the security headers, or others. `deploy/install` again, then restart nginx.",
    "limits-away": "CONTACT_LIMITS cannot be used: floods are not limited. Address, password and TLS right? Does it run?",
    "mail-late": "A mail has waited longer than CONTACT_LATE_MINUTES. Look at `contact-service outbox` and `mailq`.",
    "mail-held": "The next mail server refused a mail. Look at `contact-service outbox`.",
    "mail-came-back": "A mail could not be delivered and came back. Look at `contact-service outbox`, then send it again.",
    "mail-erased": "A message was erased at the end of its days, and nobody had said that they have it. The log names it.",
    "mail-unopened": "Nobody says that they have a message, although its advisers were reminded. Phone them.",
}
KEY_FAULTS = {"roles-closed", "key-unfit"}
# With these nothing can be accepted: a load balancer should look for another machine.
CLOSING = {"outbox-unavailable", "disk-full"}
