# SPDX-License-Identifier: Apache-2.0
"""What must not be read, made blank in its place, so that offsets still hold."""

from __future__ import annotations

import re

from claude_mem_core.domain.privacy import PRIVATE_TAGS, TAG, tag_pattern, tagged_parts

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
    return _masked(text, TAG)


def without_host_notes(text: str) -> str:
    """The text with its private parts and a host's own notes blank."""
    return _masked(text, _HOST_NOTES)


def _masked(text: str, tags: re.Pattern[str]) -> str:
    kept, after = [], 0
    for start, end in tagged_parts(text, tags):
        # Line ends, so that no statement reaches across what is hidden.
        kept += [text[after:start], "\n" * (end - start)]
        after = end
    return "".join([*kept, text[after:]]) if kept else text
