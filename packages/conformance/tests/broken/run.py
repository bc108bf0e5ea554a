# SPDX-License-Identifier: Apache-2.0
"""Every contract on every adapter that breaks it; it is run by `test_broken.py`."""

from __future__ import annotations

from broken import ALL
from broken.machine import FOUND_IS_ENOUGH

for _broken in ALL:
    _class = _broken.test_class()
    if hasattr(_class, "machine_settings"):
        _class.machine_settings = FOUND_IS_ENOUGH
    globals()[_class.__name__] = _class
