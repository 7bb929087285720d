"""`make check`."""

import sys

from editorial.check.inspection import main

sys.exit(main())
