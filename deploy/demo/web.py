"""The site and the service behind one port, as nginx does it in production."""

import os

from whitenoise import WhiteNoise

from contact_service.settings.config import web_settings
from contact_service.web.app import create_app
from contact_service.web.counts import COUNTS
from contact_service.web.headers import headers_for, style_sum


def _add_headers(headers, path, url):  # type: ignore[no-untyped-def]
    for name, value in headers_for(url, style).items():
        headers[name] = value


settings = web_settings()
style = style_sum(settings.site)
service = create_app(settings, COUNTS)
app = WhiteNoise(service, root=os.fspath(settings.site), index_file=True, add_headers_function=_add_headers)
# These two pages are the service's: it puts the form into them.
for address in ("/contact/", "/en/contact/"):
    app.files.pop(address)
