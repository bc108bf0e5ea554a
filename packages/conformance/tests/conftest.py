# SPDX-License-Identifier: Apache-2.0
"""Where the tests of the kit find the adapters that are broken on purpose."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
