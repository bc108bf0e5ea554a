# SPDX-License-Identifier: Apache-2.0
"""How much of a model's window a text takes, estimated."""

from __future__ import annotations

import math

BYTES_PER_TOKEN = 3.3
"""UTF-8 bytes in a token of code-like text: fewer than the usual four characters,
which under-counts logs by a quarter."""


def estimated_tokens(text: str) -> int:
    """The tokens of `text`, rounded up."""
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)
