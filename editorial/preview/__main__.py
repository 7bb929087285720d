"""`make serve`."""

import logging
import os
from pathlib import Path

from editorial.preview.server import serve

# An editor reads problems on the page, in her own words.
logging.getLogger("mkdocs").setLevel(logging.CRITICAL)
chosen = int(os.environ.get("PORT") or 8000)
print(f"Open http://127.0.0.1:{chosen}/ in uw browser. Stoppen: Ctrl+C.")
try:
    serve(Path.cwd(), chosen).serve_forever()
except KeyboardInterrupt:
    print()
