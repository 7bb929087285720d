"""What gunicorn runs: the web process with the settings of its environment."""

from contact_service.config import web_settings
from contact_service.web import create_app

app = create_app(web_settings())
