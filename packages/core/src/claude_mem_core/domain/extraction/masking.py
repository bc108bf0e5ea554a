# SPDX-License-Identifier: Apache-2.0
"""What must not be read, made blank in its place, so that offsets still hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_mem_core.domain.privacy import PRIVATE_TAGS, tag_pattern

_PRIVATE = tag_pattern(PRIVATE_TAGS)
# What a host writes into a prompt by itself is not the user's word.
_HOST_NOTES = tag_pattern(
    (
        *PRIVATE_TAGS,
        *(
            "ide_opened_file",
            "ide_selection",
            "task-notification",
            "user-prompt-submit-hook",
        ),
        *("command-name", "command-message", "command-args", "command-contents"),
        *("local-command-stdout", "local-command-stderr", "local-command-caveat"),
        *("bash-input", "bash-stdout", "bash-stderr"),
    )
)


def without_private(text: str) -> str:
    """The text with its private parts blank."""
    return _masked(text, _PRIVATE)


def without_host_notes(text: str) -> str:
    """The text with its private parts and a host's own notes blank."""
    return _masked(text, _HOST_NOTES)


def _masked(text: str, tags: re.Pattern[str]) -> str:
    if "<" not in text:
        return text
    kept, after = [], 0
    for start, end in _tagged(text, tags):
        # Line ends, so that no statement reaches across what is hidden.
        kept += [text[after:start], "\n" * (end - start)]
        after = end
    return "".join([*kept, text[after:]])


def _tagged(text: str, tags: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The ranges of the tags and what they enclose, in linear time.

    A tag that is never closed reaches to the end. Within a tag only its own name
    counts: the same tag nested in itself is closed by its own end.
    """
    start, name, depth = 0, "", 0
    for tag in tags.finditer(text):
        if depth and tag[2].lower() != name:
            continue
        if not depth:
            start, name = tag.start(), tag[2].lower()
        if not tag[3]:
            depth = max(0, depth - 1) if tag[1] else depth + 1
        if not depth:
            yield start, tag.end()
    if depth:
        yield start, len(text)
