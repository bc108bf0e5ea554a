# SPDX-License-Identifier: Apache-2.0
"""`python -m claude_mem_storage_sqlite`."""

from __future__ import annotations

import sys

from claude_mem_storage_sqlite.administration import main

sys.exit(main(sys.argv[1:]))
