# SPDX-License-Identifier: Apache-2.0
"""What makes an error the same error tomorrow: its words, without what varies."""

from __future__ import annotations

import re

from claude_mem_core.domain.extraction.prose import clipped

LONGEST_SIGNATURE = 200

LONGEST_COMPLAINT = 160
"""Characters of a complaint that a memory quotes."""

LINES_LOOKED_AT = 120
"""Lines at the end of what was printed, and as many at its start: that takes a few
milliseconds."""

_WORD = re.compile(r"(?<![<\w])[^\W\d_]{2,}(?![>\w])")
_NAMED = re.compile(r"\w(?:error|exception)\b")
_FEWEST_WORDS = 2

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


def signatures(complaint: str) -> frozenset[str]:
    """What the errors are known by that a command complained of, each line being one.

    A line of fewer than two words that names no error says that something failed, not
    what; so does `exit code 1`.
    """
    lines = [line for line in complaint.splitlines() if line.strip()]
    if len(lines) > 2 * LINES_LOOKED_AT:
        lines = [*lines[:LINES_LOOKED_AT], *lines[-LINES_LOOKED_AT:]]
    known = {signature(clipped(one, LONGEST_COMPLAINT)) for one in lines}
    return frozenset(one for one in known if _says_what(one))


def _says_what(known_by: str) -> bool:
    if known_by.startswith("exit code"):
        return False
    words = len(_WORD.findall(known_by))
    return words >= _FEWEST_WORDS or bool(_NAMED.search(known_by))
