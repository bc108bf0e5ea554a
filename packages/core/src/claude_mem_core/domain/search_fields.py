# SPDX-License-Identifier: Apache-2.0
"""The text under which a memory is found, field by field."""

from __future__ import annotations

from collections.abc import Mapping

from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.terms import identifier_words

FIELD_WEIGHTS: Mapping[str, float] = {
    "title": 1.0,
    "subtitle": 1.0,
    "text": 1.0,
    "narrative": 1.0,
    "facts": 1.0,
    "concepts": 0.5,
    "files": 1.0,
    "identifiers": 1.0,
}
"""What a word in a field counts for, in the order of an index's columns.

They count alike: on real coding sessions a heavier title or a lighter file list found
no more. Only concepts count half, a handful of words that many memories share, and with
them the name of who said it.
"""


def search_fields(item: MemoryItem) -> dict[str, str]:
    """The memory's text for a full-text index, one entry per weighted field."""
    fields = {
        "title": item.title or "",
        "subtitle": item.subtitle or "",
        "text": item.text or "",
        "narrative": item.narrative or "",
        "facts": "\n".join(item.facts),
        "concepts": " ".join((*item.concepts, item.author or "")).strip(),
        "files": "\n".join(dict.fromkeys((*item.files_modified, *item.files_read))),
    }
    return {**fields, "identifiers": identifier_words(*fields.values())}
