# SPDX-License-Identifier: Apache-2.0
"""An agent without a vocabulary of its own speaks the wire's words."""

from __future__ import annotations

import pytest
from claude_mem_core.reference.agents import FIELDS, PlainAgent
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_the_wires_names_are_read_and_the_payload_is_kept_whole() -> None:
    payload = {
        "contentSessionId": "s",
        "toolUseId": "t",
        "occurredAtEpoch": 5,
        "platformSource": "My Agent",
        "rootPath": "/home/me/lighthouse",
        "tool_name": "Shell",
    }

    seen = PlainAgent().capture("tool_use", payload, received_at=9)

    assert (seen.event_type, seen.occurred_at_epoch) == ("tool_use", 5)
    assert (seen.content_session_id, seen.tool_use_id) == ("s", "t")
    assert (seen.platform_source, seen.root_path) == ("my-agent", "/home/me/lighthouse")
    assert seen.payload == payload


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_shape_loses_nothing_else(field: str) -> None:
    payload = {"contentSessionId": "s", "sourceEventId": "e", field: [1]}

    seen = PlainAgent().capture("note", payload, received_at=9)

    named = {"contentSessionId": "s", "sourceEventId": "e"}
    named.pop(field, None)
    assert {seen.content_session_id, seen.source_event_id} - {None} == set(
        named.values()
    )
    assert seen.payload == payload


@given(st.text(max_size=600), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_payload_is_refused(event: str, payload: dict) -> None:
    seen = PlainAgent().capture(event, payload, received_at=9)

    assert seen.payload == payload
    assert seen.event_type == (event[:512] or "unnamed")
