"""What an operator can mend: these faults name the setting or the file, and are told without a traceback."""

from contact_service.keys.advisers import AdvisersInvalid
from contact_service.outbox.outbox import OutboxUnavailable
from contact_service.settings.environment import SettingsInvalid
from contact_service.web.page import SiteInvalid

# The last two: gpg or the database driver is not installed, or a folder cannot be used.
FAULTS = (SettingsInvalid, AdvisersInvalid, SiteInvalid, OutboxUnavailable, OSError, ImportError)
