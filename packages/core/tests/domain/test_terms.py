# SPDX-License-Identifier: Apache-2.0
"""Identifiers fall apart where their words meet."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.terms import pieces


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("ManualCommitStrategy", ["manual", "commit", "strategy"]),
        ("getHTTPServer2Url", ["get", "http", "server2", "url"]),
        ("shadow_branch", ["shadow", "branch"]),
        ("__init__", []),
        ("GITHUB_TOKEN", ["github", "token"]),
        ("ÜberGröße", ["über", "größe"]),
        ("größe", []),
        ("记忆", []),
        ("plain", []),
        ("Plain", []),
        ("HTTP", []),
        ("IDs", []),
        ("checkpointIDs", ["checkpoint", "ids"]),
        ("URLsFor", ["urls", "for"]),
        ("DBSession", ["db", "session"]),
    ],
)
def test_an_identifier_falls_apart_where_its_words_meet(
    word: str, parts: list[str]
) -> None:
    assert pieces(word) == parts
