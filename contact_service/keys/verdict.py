"""What is said of a key: the verdict, and the sentence that an adviser gets to hear."""

import re
from dataclasses import dataclass
from datetime import datetime

FIT = "fit"
BROWSER = "browser"
# Sentences are in Dutch, also in logs and tables: an operator passes them on to an adviser.
SENTENCES = {
    FIT: "De sleutel is bruikbaar {until}.",
    "expired": "De sleutel is verlopen op {until}. Verleng de sleutel en stuur de publieke sleutel opnieuw.",
    "revoked": "De sleutel is ingetrokken. Maak een nieuwe sleutel en stuur de publieke sleutel.",
    "future": "De sleutel is gemaakt op een computer waarvan de klok voorloopt, en geldt nog niet. Zet die klok goed en maak "
    "een nieuwe sleutel.",
    "no-encryption": "Met deze sleutel kan niemand u een versleutelde mail sturen. Maak een nieuwe sleutel.",
    "weak": "De sleutel is te zwak. Maak een nieuwe sleutel: ECC (Curve 25519), of RSA met 3072 bits of meer.",
    "too-new": "De sleutel is van een soort die veel mailprogramma's nog niet lezen. Maak een gewone sleutel.",
    "curve": "De sleutel gebruikt een kromme ({blame}) die browsers niet kennen. Maak een sleutel met Curve 25519 of RSA.",
    "name": "De naam in de sleutel is niet in UTF-8 geschreven, en browsers weigeren hem dan. Maak een nieuwe sleutel.",
    BROWSER: "Onze server kan deze sleutel gebruiken, maar browsers en sommige mailprogramma's weigeren hem: {blame}",
    "other-format": "De gpg van deze server versleutelt voor deze sleutel in een vorm die niet ieder mailprogramma leest. "
    "Maak een gewone sleutel; de beheerder kijkt in /etc/gnupg/gpg.conf.",
    "long-name": "De naam in de sleutel is te lang (boven 2000 tekens). Voeg een korte naam toe, of maak een nieuwe sleutel.",
    "secret": "In het bestand zit uw geheime sleutel. Die is nu niet meer geheim: maak een nieuwe en stuur alleen de publieke.",
    "no-user-id": "In de sleutel staat geen naam of mailadres. Stuur de sleutel opnieuw, met uw mailadres erin.",
    "several": "In het bestand zit meer dan een sleutel. Stuur alleen uw eigen publieke sleutel.",
    "unusable": "Een proef met deze sleutel is mislukt. Stuur de publieke sleutel opnieuw, of maak een nieuwe.",
    "missing": "Er is geen bestand met deze sleutel.",
    "other-key": "In het bestand {file} zit een andere sleutel dan afgesproken. Vergelijk de vingerafdruk aan de telefoon.",
    "unreadable": "Het bestand {file} is niet te lezen.",
    "empty": "Het bestand {file} is leeg.",
    "too-large": "Het bestand {file} is te groot voor een sleutel.",
    "revocation": "In het bestand {file} zit alleen een intrekking. Stuur ook de publieke sleutel.",
    "not-a-key": "In het bestand {file} zit geen sleutel.",
    "damaged": "Het bestand {file} is beschadigd of niet compleet. Stuur de publieke sleutel opnieuw als bijlage.",
}
# Why a browser refuses a key: words of OpenPGP.js, and what the adviser gets to hear. The last is said of anything else.
_REFUSALS = {
    "in the future": "de klok liep voor toen hij gemaakt of verlengd werd. Zet de klok goed en verleng de sleutel.",
    "too weak|Insecure": "hij is op een oude manier ondertekend (zoals SHA-1). Maak een nieuwe sleutel.",
    "authorized key": "bij de naam staat dat een ander hem mag intrekken. Maak een nieuwe sleutel.",
    "key flags": "er staat niet in waarvoor hij dient. Maak een nieuwe sleutel.",
    r"self-signature in key \w+$|is expired": "de namen erin zijn ingetrokken of verlopen. Voeg uw mailadres weer toe.",
    "": "er klopt iets niet in. Maak een nieuwe sleutel: ECC (Curve 25519) of RSA.",
}


def refusal(words: str) -> str:
    """What to tell an adviser whose key OpenPGP.js refuses with these words."""
    return next(said for pattern, said in _REFUSALS.items() if re.search(pattern, words))


@dataclass(frozen=True)
class Verdict:
    """What is to be said of one pinned key: `code` is for machines, `sentence` for people."""

    adviser: str
    fingerprint: str
    code: str
    sentence: str
    usable_until: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """True while our server can encrypt for it. Asked again for every submission, since a key may expire meanwhile."""
        return self.code in (FIT, BROWSER) and (self.usable_until is None or now < self.usable_until)

    def is_fit(self, now: datetime) -> bool:
        """True while nothing has to be done about it: it is usable, by browsers too where their library was asked."""
        return self.code == FIT and self.is_usable(now)

    def days_left(self, now: datetime) -> float:
        """Days for which the key can still be used: 0 for one that cannot, infinite for one without an end."""
        if not self.is_usable(now):
            return 0
        # Dates, so that a daily run sees each number once even when it does not run at the same minute.
        return (self.usable_until.date() - now.date()).days if self.usable_until else float("inf")
