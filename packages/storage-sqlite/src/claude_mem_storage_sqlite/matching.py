# SPDX-License-Identifier: Apache-2.0
"""What a row's marks say to a filter: functions that every connection has.

In SQL alone each value of a filter would be looked for in each row; so a filter of a
hundred files took a hundred times as long as one of one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

from claude_mem_core.domain.paths import Places, rooted

from claude_mem_storage_sqlite.filters import told_in

FILTERS_KEPT = 64
"""Filters that are kept read: each is asked for once a row."""

FEW = 8
"""Names that are looked for in a row before it is read."""


def has_concept(concepts: str, asked: str) -> bool:
    """Whether a row has one of the concepts of a JSON list, in its own case."""
    return not _names(asked).isdisjoint(told_in(concepts))


def has_file(files: str, folders: str, asked: str) -> bool:
    """Whether a row has one of the files of a JSON list, or one directly in them."""
    places, ends = _places(asked)
    if ends and not any(end in files or end in folders for end in ends):
        return False
    return any(places.match(one) for mark in (files, folders) for one in told_in(mark))


FUNCTIONS: Mapping[str, tuple[int, Callable[..., bool]]] = {
    "has_concept": (2, has_concept),
    "has_file": (3, has_file),
}
"""By their names in SQL, with how many values each takes."""


@lru_cache(maxsize=FILTERS_KEPT)
def _names(asked: str) -> frozenset[str]:
    return frozenset(json.loads(asked))


@lru_cache(maxsize=FILTERS_KEPT)
def _places(asked: str) -> tuple[Places, tuple[str, ...]]:
    """Some files, and how a line of one ends, where these are few."""
    places = Places(map(rooted, json.loads(asked)))
    few = places.names if len(places.names) <= FEW else ()
    return places, tuple(f"/{name}\n" for name in few)
