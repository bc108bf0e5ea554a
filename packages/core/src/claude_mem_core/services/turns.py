# SPDX-License-Identifier: Apache-2.0
"""Turns: into which an event falls, when it comes in time and when it comes late."""

from __future__ import annotations

from dataclasses import dataclass

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import (
    SESSION_END,
    AgentEvent,
    Latest,
    TurnRole,
    turn_role,
)
from claude_mem_core.domain.keeping import is_withheld
from claude_mem_core.ports.storage import Transaction

SET_BACK = 10_000
"""Milliseconds: what is known lies so far ahead of what happens now only where a clock
was set back; so near to one another, two moments may be the same."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event falls.

    Attributes:
        turn: The number of its turn.
        is_late: Something is known that happened after it.
        is_over: What was made of the turn was made without it.
        is_private: The turn is one of which nothing is kept.
    """

    turn: int
    is_late: bool = False
    is_over: bool = False
    is_private: bool = False


def is_now(moment: int, now: int) -> bool:
    """Whether something that is told happened just now, not earlier."""
    return abs(now - moment) <= SET_BACK


def in_order(event: AgentEvent, newest: Latest | None) -> AgentEvent:
    """What is told as it happens, after all that is known of its session.

    Where the clock was set back since, all of that lies ahead of it: it then has the
    moment of the newest.
    """
    if newest is None or newest.at <= event.occurred_at_epoch + SET_BACK:
        return event
    return event.changed(occurred_at_epoch=newest.at)


def place_of(
    tx: Transaction, event: AgentEvent, newest: Latest | None, *, by: Principal
) -> Place:
    """The turn of an event: that of what happened just before it, or a new one.

    Most events come in as they happen, and fall into the newest turn. One that comes
    late, when something is known that happened after it, falls where it belongs.

    Args:
        tx: What is known.
        event: That event.
        newest: What happened last in its session.
        by: Who tells of it.
    """
    session_id = event.server_session_id
    if session_id is None:
        return Place(0)
    if newest is None:
        return Place(1 if _opens(event) else 0)
    if newest.at > event.occurred_at_epoch:
        return _late_place(tx, event, session_id, newest, by=by)
    if _begins_turn(tx, event, session_id, newest, by=by):
        return Place(tx.events.turns(session_id, scope=by.scope) + 1)
    return Place(newest.turn)


def _late_place(
    tx: Transaction,
    event: AgentEvent,
    session_id: str,
    newest: Latest,
    *,
    by: Principal,
) -> Place:
    if _opens(event):
        turn = tx.events.turns(session_id, scope=by.scope) + 1
        return Place(turn, is_late=True, is_over=True, is_private=is_withheld(event))
    before = tx.events.latest(session_id, scope=by.scope, until=event.occurred_at_epoch)
    turn = before.turn if before else 0
    others = tx.events.of_turn(session_id, turn, scope=by.scope)
    is_over = turn != newest.turn or any(map(_closes, others))
    return Place(
        turn,
        is_late=True,
        is_over=is_over,
        is_private=any(map(is_withheld, others)),
    )


def _begins_turn(
    tx: Transaction,
    event: AgentEvent,
    session_id: str,
    newest: Latest,
    *,
    by: Principal,
) -> bool:
    """Whether a turn begins here: with a prompt, or after the end of one without.

    What follows the end of a turn that a prompt opened is late, and still of it. But
    some clients report no prompts: all of their session would be a single turn.
    """
    if _opens(event):
        return True
    is_closed = newest.did is TurnRole.CLOSES
    if not is_closed or not _follows_end(tx, event, session_id, by=by):
        return False
    return not any(
        map(_opens, tx.events.of_turn(session_id, newest.turn, scope=by.scope))
    )


def _follows_end(
    tx: Transaction, event: AgentEvent, session_id: str, *, by: Principal
) -> bool:
    """Whether this is not one more report of the end that the newest event was."""
    if not _closes(event):
        return True
    last = tx.events.last(session_id, scope=by.scope)
    if last is None:
        return False
    end, _ = last
    ends_session = SESSION_END in (event.event_type, end.event_type)
    return not (ends_session or event.payload == end.payload)


def _opens(event: AgentEvent) -> bool:
    return turn_role(event.event_type, event.payload) is TurnRole.OPENS


def _closes(event: AgentEvent) -> bool:
    return turn_role(event.event_type, event.payload) is TurnRole.CLOSES
