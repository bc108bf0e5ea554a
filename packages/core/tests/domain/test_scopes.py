# SPDX-License-Identifier: Apache-2.0
"""What a key allows is spelled out when it is made."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.deeds import DEEDS
from claude_mem_core.domain.scopes import (
    MEANINGS,
    ROLE_OF_MEMBER,
    ROLES,
    SCOPES,
    spelled_out,
)
from claude_mem_core.errors import InvalidInputError


def test_every_bundle_is_made_of_scopes_that_there_are() -> None:
    for bundle in (*ROLES.values(), *MEANINGS.values()):
        assert bundle <= SCOPES.keys()
    assert set(ROLE_OF_MEMBER.values()) <= ROLES.keys()


def test_an_agent_reads_no_events_and_manages_nothing() -> None:
    powers = {"events:read", "keys:manage", "teams:manage", "audit:read"}
    assert not ROLES["agent"] & powers
    assert ROLES["owner"] == SCOPES.keys()


def test_the_reference_systems_names_mean_what_they_meant() -> None:
    reads, writes = spelled_out(["memories:read"]), spelled_out(["memories:write"])
    assert {"memories:read", "events:read", "context:read", "jobs:read"} <= reads
    assert {"events:write", "sessions:write", "projects:write"} <= writes
    assert not reads & writes
    assert "keys:manage" not in writes
    assert spelled_out(["admin", "context:read"]) == {"memories:admin", "context:read"}
    assert spelled_out(["*", "memories:read"]) == {"*"}


def test_a_name_that_is_no_scope_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match=r"'memory:read'.*memories:read"):
        spelled_out(["memories:read", "memory:read"])


def test_every_deed_asks_for_a_scope_that_there_is() -> None:
    assert {deed.scope for deed in DEEDS.values()} <= SCOPES.keys()
    assert all(DEEDS[name].action == name for name in DEEDS)


def test_only_whole_teams_keys_make_projects() -> None:
    assert DEEDS["project.create"].whole_team
    assert DEEDS["project.create_in_team"].whole_team
