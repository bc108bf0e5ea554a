# SPDX-License-Identifier: Apache-2.0
"""The words under which a memory is found, field by field."""

from __future__ import annotations

from collections.abc import Mapping

from claude_mem_core.domain.analysis import analysed
from claude_mem_core.domain.memory_item import MemoryRecord

FIELD_WEIGHTS: Mapping[str, float] = {
    "title": 1.0,
    "text": 1.0,
    "concepts": 0.5,
    "files": 1.0,
}
"""What a word in a field counts for, in the order in which its occurrences are told.

They count alike: on real coding sessions a heavier title or a lighter file list found
no more. Only concepts count half, a handful of words that many memories share, and with
them the name of who said it.
"""


def search_fields(item: MemoryRecord) -> dict[str, list[str]]:
    """The memory's tokens, one entry per weighted field, in order and repeated."""
    prose = (item.subtitle, item.text, item.narrative, *item.facts)
    texts = {
        "title": item.title or "",
        "text": _lines(*prose),
        "concepts": _lines(*item.concepts, item.author),
        "files": _lines(*dict.fromkeys((*item.files_modified, *item.files_read))),
    }
    return dict(zip(texts, analysed(list(texts.values())), strict=True))


def _lines(*pieces: str | None) -> str:
    return "\n".join(piece for piece in pieces if piece)
