# SPDX-License-Identifier: Apache-2.0
"""What makes an error the same error tomorrow: its words, without what varies."""

from __future__ import annotations

import re

LONGEST_SIGNATURE = 200

# In this order: a path may hold a number, an address holds a hash.
_VARYING = (
    (re.compile(r"\x1b\[[0-9;]*[A-Za-z]"), ""),
    (re.compile(r"\b\w+://[^\s'\"<>)]+"), "<url>"),
    (
        re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE),
        "<id>",
    ),
    (
        re.compile(
            r"\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?"
            r"(?:Z|[+-]\d\d:?\d\d)?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<address>"),
    (
        re.compile(r"(?<![\w<])(?:[A-Za-z]:)?[\w.~@+-]*(?:[\\/][\w.@+-]+)+[\\/]?"),
        "<path>",
    ),
    (re.compile(r"\b[\w-]+\.[A-Za-z]{1,5}(?=:\d|\")"), "<path>"),
    (
        re.compile(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b", re.IGNORECASE),
        "<hash>",
    ),
    (
        re.compile(r"\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|sec|seconds|min|m|h)\b"),
        "<span>",
    ),
    (re.compile(r"(?<![A-Za-z_])\d+(?:[.,]\d+)*"), "#"),
    (re.compile(r"(?:(?<=<path>)|(?<=#))(?::#)+"), ""),
    (re.compile(r"\s+"), " "),
)


def signature(complaint: str) -> str:
    """The complaint as it reads every time: no numbers, places, times or hashes.

    Two runs of one fault have the same signature on two machines; two faults that
    differ in words have two.
    """
    # What is cut off before is not looked at: a log line can be a megabyte.
    text = complaint[: 4 * LONGEST_SIGNATURE]
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text.strip().casefold()[:LONGEST_SIGNATURE]
