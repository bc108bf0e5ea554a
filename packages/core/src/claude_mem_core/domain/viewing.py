# SPDX-License-Identifier: Apache-2.0
"""A page that is let in: by a code that is good once, for a key that soon ends."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from claude_mem_core.domain.access import KeyDraft
from claude_mem_core.domain.value import Epoch, Value

CODE_BYTES: Final = 24
"""192 random bits: nobody guesses them in a minute, nor ever."""

LONGEST_CODE: Final = 256

CODE_LASTS: Final = timedelta(minutes=1)
"""As long as a browser takes to start on a slow machine, and no longer."""

KEY_LASTS: Final = timedelta(hours=12)
"""A day's work."""

KEY: Final = KeyDraft(name="viewer", role="reader")
"""What the page may: read."""


class ViewerCode(Value):
    """A code that lets one page in; this is the only time that it can be read.

    Attributes:
        expires_at_epoch: From when on it lets nobody in.
    """

    code: str
    expires_at_epoch: Epoch


class ViewerEntry(Value):
    """What a page shows to be let in."""

    code: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)]


def code_of(random: bytes) -> str:
    """The code that random bytes are: letters, digits, `-` and `_`."""
    return base64.urlsafe_b64encode(random).decode().rstrip("=")
