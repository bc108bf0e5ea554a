# SPDX-License-Identifier: Apache-2.0
"""A filter as conditions on the rows `r` of memories, and what a row keeps for it.

Names in one case, and paths by their segments, stand in columns of their own, each
after a line break and before another, whatever it holds; `matching` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from claude_mem_core.domain.filters import MemoryFilter, folded
from claude_mem_core.domain.memory_item import MemoryItem
from claude_mem_core.domain.paths import all_rooted, folder_of

from claude_mem_storage_sqlite import validity

MARKS = ("filter_author", "filter_concepts", "filter_files", "filter_folders")
"""The columns that a row has for filters alone."""

FILTER_COLUMNS = (
    "ALTER TABLE memory_items ADD COLUMN author TEXT",
    "ALTER TABLE memory_items ADD COLUMN superseded_at_epoch INTEGER",
    "ALTER TABLE memory_items ADD COLUMN superseded_from_epoch INTEGER",
    *(
        f"ALTER TABLE memory_items ADD COLUMN {name} TEXT NOT NULL DEFAULT ''"
        for name in MARKS
    ),
    """
    ALTER TABLE memory_items ADD COLUMN when_epoch INTEGER
      AS (coalesce(valid_from_epoch, created_at_epoch))
    """,
    # In its place: the order of all lists is now that of when memories hold.
    "DROP INDEX memory_items_project",
    """
    CREATE INDEX memory_items_when
      ON memory_items (project_id, when_epoch DESC, id DESC)
    """,
    # Until then, to give way was written as the end of what it gave way to.
    """
    UPDATE memory_items AS r SET
      superseded_at_epoch = max(r.created_at_epoch, n.created_at_epoch),
      superseded_from_epoch = coalesce(n.valid_from_epoch, n.created_at_epoch),
      valid_to_epoch = nullif(r.valid_to_epoch, n.created_at_epoch)
    FROM memory_items AS n WHERE n.id = r.superseded_by_id
    """,
)
"""What the migration adds, before the marks of each row are written."""

LISTS_OF_ONE = (
    # In their place: the first of the two also counts a project's memories by kind.
    "DROP INDEX IF EXISTS memory_items_kind",
    "DROP INDEX IF EXISTS memory_items_project_kind",
    """
    CREATE INDEX memory_items_of_kind
      ON memory_items (project_id, kind, when_epoch DESC, id DESC)
    """,
    """
    CREATE INDEX memory_items_of_type
      ON memory_items (project_id, type, when_epoch DESC, id DESC)
    """,
)
"""What a list of one kind, or of one type, is read from in its order."""

_LISTS = {
    "kind": "r.kind",
    "type": "r.type",
    "session_id": "r.server_session_id",
    "trust": "r.trust",
    "author": "r.filter_author",
}
_ORDERED = ("kind", "type")
"""Of one of these an index has the rows in their order; of several it has not."""

_AMONG = "(SELECT value FROM json_each(:{}))"
_ONE = "json_extract(:{}, '$[0]')"
_ON_PLATFORM = (
    "EXISTS (SELECT 1 FROM server_sessions s WHERE s.id = r.server_session_id"
    f" AND s.platform_source IN {_AMONG.format('platform_source')})"
)


def marks(item: MemoryItem) -> Sequence[str]:
    """What the columns `MARKS` hold for a memory."""
    return marks_of(item.author, item.concepts, item.files_read, item.files_modified)


def marks_of(
    author: str | None,
    concepts: Sequence[str],
    files_read: Sequence[str],
    files_modified: Sequence[str],
) -> Sequence[str]:
    """What the columns `MARKS` hold for what a memory has in its own."""
    paths = all_rooted((*files_read, *files_modified))
    return [
        (author or "").casefold(),
        _lines(_in_line(name) for name in folded(tuple(concepts))),
        _lines(paths),
        _lines(folder for folder in map(folder_of, paths) if folder),
    ]


def told_in(mark: str) -> tuple[str, ...]:
    """What a column of `MARKS` holds."""
    return tuple(mark.split("\n")[1:-1])


def conditions(wanted: MemoryFilter) -> str:
    """What must be true of a row `r` that passes, as SQL after `AND`."""
    return "".join(f" AND {one}" for one in _conditions(wanted))


def parameters(wanted: MemoryFilter) -> Mapping[str, object]:
    """The values that `conditions` speaks of."""
    lists: dict[str, Sequence[str]] = {name: getattr(wanted, name) for name in _LISTS}
    lists |= {
        "projects": wanted.project_ids,
        "platform_source": wanted.platform_source,
        "author": folded(wanted.author),
        "concepts": [_in_line(name) for name in folded(wanted.concept)],
        "files": wanted.file,
    }
    moments = ("date_start", "date_end", "as_of", "known_at", "now")
    return {
        **{name: json.dumps(list(values)) for name, values in lists.items()},
        **{name: getattr(wanted, name) for name in moments},
    }


def _conditions(wanted: MemoryFilter) -> Iterator[str]:
    for name, column in _LISTS.items():
        values = getattr(wanted, name)
        if len(values) == 1 and name in _ORDERED:
            yield f"{column} = {_ONE.format(name)}"
        elif values:
            yield f"{column} IN {_AMONG.format(name)}"
    if wanted.platform_source:
        yield _ON_PLATFORM
    if wanted.concept:
        yield "has_concept(r.filter_concepts, :concepts)"
    if wanted.file:
        yield "has_file(r.filter_files, r.filter_folders, :files)"
    yield from _times(wanted)


def _times(wanted: MemoryFilter) -> Iterator[str]:
    if wanted.date_start is not None:
        yield "r.when_epoch >= :date_start"
    if wanted.date_end is not None:
        yield "r.when_epoch <= :date_end"
    if wanted.known_at is not None:
        yield "r.created_at_epoch <= :known_at"
    if wanted.as_of is not None:
        yield "r.when_epoch <= :as_of"
    if wanted.known_at is None:
        yield from validity.conditions(wanted)
    else:
        yield from validity.conditions_then(wanted)


def _lines(parts: Iterable[str]) -> str:
    found = list(dict.fromkeys(parts))
    return "\n" + "".join(f"{part}\n" for part in found) if found else ""


def _in_line(name: str) -> str:
    return name.replace("\n", "\\n")
