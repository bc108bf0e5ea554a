# SPDX-License-Identifier: Apache-2.0
"""The memories of the files that are open or named, whatever words a question has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.open_files import OpenFiles
from claude_mem_core.domain.paths import rooted
from claude_mem_core.domain.search import Candidate, TermQuery
from claude_mem_core.ports.storage import Snapshot

OF_FILES = 50
"""Memories that files may add to a question's candidates."""

LOOKED_AT = 200
"""Memories with words of the files' names, of which those that name one are taken."""


def of_files(
    snapshot: Snapshot,
    paths: Sequence[str],
    query: TermQuery,
    *,
    known: Collection[str],
    by: Principal,
) -> Sequence[Candidate]:
    """The memories that name one of some files and pass the question's filter.

    They are found by the words of the paths' last two segments, which are as good as
    any index of files and are there already.

    Args:
        snapshot: The records.
        paths: The files.
        query: The question's filter, and the terms that are counted.
        known: Those that need no adding.
        by: Who asks.
    """
    if not paths:
        return []
    names = " ".join(" ".join(rooted(path).split("/")[-2:]) for path in paths)
    terms = asked(names).tokens
    if not terms:
        return []
    named = query.changed(terms=terms, limit=LOOKED_AT)
    files, scope = OpenFiles(paths), by.scope
    found = [
        one.item_id
        for one in snapshot.memories.search(named, scope=scope).candidates
        if one.item_id not in known and files.names(one.files)
    ]
    return snapshot.memories.among(found[:OF_FILES], query, scope=scope)
