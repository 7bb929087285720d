"""What programs get: the advisers' public keys, for browsers that encrypt, and whether the service works, for monitoring."""

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from contact_service.web.headers import missing_at
from contact_service.web.intake import Intake
from contact_service.web.limits import Limits


class ProgramViews:
    """Answers that no person reads."""

    def __init__(self, intake: Intake, limits: Limits, style: str) -> None:
        """`style` is the sum of the site's style in the Content-Security-Policy."""
        self._intake, self._limits, self._style = intake, limits, style

    def key(self, fingerprint: str) -> Response:
        """The public key with this fingerprint, for a browser that encrypts; it compares the fingerprint itself."""
        armored = self._intake.keyring.exports.get(fingerprint) or abort(404)
        return Response(armored, content_type="application/pgp-keys")

    def all_keys(self) -> ResponseReturnValue:
        """All public keys in one answer, by their fingerprints."""
        return self._intake.keyring.exports

    def ready(self) -> ResponseReturnValue:
        """For monitoring and load balancers: all figures, and 503 when nothing can be accepted here."""
        health = self._intake.health(*self._limits.faults(), *missing_at(request.headers.get, self._style))
        return health.document(), 200 if health.accepts else 503
