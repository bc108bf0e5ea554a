# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON and the identities that are made from it.

Canonical JSON here: keys sorted, no blanks, text as it is. The same value gives
the same bytes on every machine, so a hash of it is an identity.
"""

from __future__ import annotations

import hashlib
import json

from pydantic import JsonValue

from claude_mem_core.errors import InvalidInputError

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical_json(value: JsonValue) -> str:
    """The one text that stands for `value`."""
    return _ENCODER.encode(value)


def fingerprint(*parts: JsonValue) -> str:
    """SHA-256 of the canonical JSON of `parts`, 64 hexadecimal digits.

    Raises:
        InvalidInputError: They hold what is no JSON: half of a character, NaN or an
            infinite number.
    """
    try:
        whole = canonical_json(list(parts)).encode()
    except ValueError as error:
        raise InvalidInputError.of(
            "body", f"it holds what is no JSON: {error}", "send what JSON can hold"
        ) from error
    return hashlib.sha256(whole).hexdigest()
