# SPDX-License-Identifier: Apache-2.0
"""What each host sends becomes the events that it became before."""

from __future__ import annotations

import pytest
from hosts_seen import NAMES, NOW, VOCABULARIES, golden, payloads


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_payloads_give_what_they_gave(name: str) -> None:
    for row in golden(name):
        seen = VOCABULARIES[name].capture(row["hook"], row["payload"], received_at=NOW)
        kept = seen.payload
        got = seen.model_dump(by_alias=True, exclude={"payload"}, exclude_defaults=True)

        assert got == row["event"]
        assert kept == {**row.get("added", {}), **row["payload"]}


@pytest.mark.parametrize("name", NAMES)
def test_every_event_that_captures_a_session_has_a_golden_payload(name: str) -> None:
    host = VOCABULARIES[name].host
    hooks = {row["hook"] for row in golden(name)}

    assert set(host.enough) & set(host.hooks) - hooks == set()
    assert set(payloads(name)) >= set(host.enough) & set(host.hooks)


@pytest.mark.parametrize("name", NAMES)
def test_a_session_is_told_from_its_first_event_to_its_last(name: str) -> None:
    events = [row["event"] for row in golden(name)]
    kinds = {event["eventType"] for event in events}

    assert all(event["contentSessionId"] for event in events)
    assert {"user_prompt", "tool_use", "turn_end"} <= kinds
