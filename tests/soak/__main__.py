"""`python -m tests.soak`: see run.py."""

from __future__ import annotations

import sys

from tests.soak.run import main

sys.exit(main())
