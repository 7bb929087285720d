"""What the form lets people choose: their role, which decides who reads, and a topic."""

from flask_babel import lazy_gettext as _
from wtforms import SelectChoice

ROLE_CHOICES = [
    SelectChoice("burgemeester", _("mayor (burgemeester)")),
    SelectChoice("wethouder", _("alderman (wethouder)")),
    SelectChoice("raadslid", _("councillor (raadslid)")),
    SelectChoice("statenlid", _("provincial councillor (Statenlid)")),
    SelectChoice("anders", _("something else, or I would rather not say")),
]
TOPIC_CHOICES = [
    SelectChoice("", _("No topic")),
    SelectChoice("bedreiging", _("Threat or aggression")),
    SelectChoice("online", _("Threats online")),
    SelectChoice("stalking", _("Stalking or being followed")),
    SelectChoice("druk", _("Pressure to decide something")),
    SelectChoice("onveilig", _("Feeling unsafe, without an incident")),
    SelectChoice("beveiliging", _("Security")),
    SelectChoice("rechtshulp", _("Crime report (aangifte) or legal help")),
    SelectChoice("vrouwen", _("Harassment of women in politics")),
    SelectChoice("gezin", _("My family")),
    SelectChoice("nazorg", _("Aftercare")),
    SelectChoice("anders", _("Something else")),
]
