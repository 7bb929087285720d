"""What the form lets people choose: their role, which decides who reads, and a topic."""

from flask_babel import lazy_gettext as _
from wtforms import SelectChoice

ROLE_CHOICES = [
    SelectChoice("burgemeester", _("mayor")),
    SelectChoice("wethouder", _("alderman")),
    SelectChoice("raadslid", _("member of a municipal council")),
    SelectChoice("statenlid", _("member of a provincial council")),
    SelectChoice("anders", _("something else, or I would rather not say")),
]
TOPIC_CHOICES = [
    SelectChoice("", _("No topic")),
    SelectChoice("bedreiging", _("Threat or aggression")),
    SelectChoice("onveilig", _("Feeling unsafe, without an incident")),
    SelectChoice("beveiliging", _("Security")),
    SelectChoice("rechtshulp", _("Police report or legal help")),
    SelectChoice("vrouwen", _("Intimidation as a woman in politics")),
    SelectChoice("nazorg", _("Aftercare")),
    SelectChoice("anders", _("Something else")),
]
