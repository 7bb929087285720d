"""What gunicorn runs: the web process with the settings of its environment."""

from contact_service.settings.config import web_settings
from contact_service.web.app import create_app
from contact_service.web.counts import COUNTS

app = create_app(web_settings(), COUNTS)
