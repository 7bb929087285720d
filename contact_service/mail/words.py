"""The Dutch words of an adviser's mail: all that stands in it besides what the official typed."""

# Advisers read Dutch, whatever language the official wrote in.
ROLE_NAMES = {
    "burgemeester": "burgemeester",
    "wethouder": "wethouder",
    "raadslid": "raadslid",
    "statenlid": "Statenlid",
    "anders": "andere rol",
}
TOPIC_NAMES = {
    "": "geen onderwerp gekozen",
    "bedreiging": "bedreiging of agressie",
    "online": "bedreiging online",
    "stalking": "stalking of gevolgd worden",
    "druk": "druk om iets te beslissen",
    "onveilig": "onveilig gevoel, zonder incident",
    "beveiliging": "beveiliging",
    "rechtshulp": "aangifte of rechtshulp",
    "vrouwen": "intimidatie als vrouw in de politiek",
    "gezin": "het gezin",
    "nazorg": "nazorg",
    "anders": "iets anders",
}
LANGUAGE_NAMES = {"nl": "Nederlands", "en": "Engels"}
VOICEMAIL_NAMES = {True: "ja", False: "nee"}
UNANSWERED = "(niet ingevuld)"
INDENT = "    "
# An association's name stands in the header of a mail, as one phrase (RFC 5322 section 3.2.5).
PLAIN_NAME = r"[A-Za-z0-9 '-]+"

# Where on the site a reader says "I have it": a page of docs/, with the code behind it.
OPENED_PAGE = "gelezen/"

# Without the topic: programs keep the real subject in clear in their indexes, and put it into the open subject of replies and
# forwarded mails (Thunderbird, mutt). Nobody sees it before the mail is open, and there the topic stands in the text.
SUBJECT = "{role}, contactformulier ({reference})"
BODY = """\
Bericht via het contactformulier van het {team}

Ik heb dit bericht: {address}gelezen/{code}
Beantwoord deze mail niet. Neem contact op zoals de inzender vraagt.

Referentie: {reference}
Rol: {role}
Onderwerp: {topic}
Taal van het formulier: {language}

Hoe kunnen wij u veilig bereiken?
{reach}

Naam
{name}

Wanneer kunnen wij veilig bellen?
{when}

Mogen wij een bericht inspreken of een sms sturen?
{voicemail}

Bericht
{message}

Einde van het bericht.
"""
# The first line of the padding, for programs that show the mail as it is (Mailvelope, Kleopatra, gpg itself).
PADDING = "(Het bericht eindigt hier. Wat volgt, is alleen opvulling.)"
