# SPDX-License-Identifier: Apache-2.0
"""The files of the viewer page besides the page itself, and their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CODE: Final = "text/javascript; charset=utf-8"
_STYLE: Final = "text/css; charset=utf-8"

PARTS: Final[Mapping[str, str]] = {
    "style.css": _STYLE,
    "app.js": _CODE,
    "api.js": _CODE,
    "coverage.js": _CODE,
    "door.js": _CODE,
    "memories.js": _CODE,
    "memory.js": _CODE,
    "pieces.js": _CODE,
    "server.js": _CODE,
    "sessions.js": _CODE,
    "text.js": _CODE,
}
"""What is served below `/viewer/`, and nothing else is."""
