# SPDX-License-Identifier: Apache-2.0
"""What agents' hooks report is kept, and what fits the moment is told to them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable
from threading import Lock

from claude_mem_core.domain.access import Principal
from claude_mem_core.domain.agent_event import AcceptedEvent, AgentEventCapture
from claude_mem_core.domain.context_pack import ContextPack, ContextQuery
from claude_mem_core.domain.hook import HookMoment, HookQuestion, HookRehearsal
from claude_mem_core.domain.keeping import KEEPING
from claude_mem_core.domain.scopes import allows
from claude_mem_core.domain.search import NOTHING_FITS
from claude_mem_core.services.context import ContextPacks
from claude_mem_core.services.events import Events

NEEDED = "context:read"
"""What a key must allow to be told anything; its events are kept without it."""

MOST_CHARACTERS: dict[HookMoment, int] = {
    "start": 9_500,
    "prompt": 4_000,
    "file": 2_000,
    "failure": 3_000,
}
"""How much is told at a moment, in characters, where the host takes as much.

A session begins once; the others come again and again, and all of them stay in the
agent's window until its session ends."""

MOST_MEMORIES: dict[HookMoment, int] = {
    "start": 50,
    "prompt": 5,
    "file": 5,
    "failure": 3,
}

SESSIONS_REMEMBERED = 1_000
"""Sessions of which it is known what they were told; the oldest is forgotten first."""

log = logging.getLogger(__name__)


class Hooks:
    """What agents report while they work, and what they are told for it.

    Args:
        events: Where events go.
        packs: What there is to tell.
        prompt_confidence: How likely a prompt must be answered by what is known of it,
            for that to be told; None: prompts are told nothing.
    """

    def __init__(
        self,
        events: Events,
        packs: ContextPacks,
        *,
        prompt_confidence: float | None = None,
    ) -> None:
        self._events = events
        self._packs = packs
        self._least = prompt_confidence
        self._told = _Told()

    def take(
        self,
        seen: AgentEventCapture,
        question: HookQuestion | None,
        *,
        by: Principal,
        request_id: str | None = None,
    ) -> str:
        """What the agent is told; the event is kept whatever becomes of that.

        Args:
            seen: What the hook reports.
            question: What the agent may be told at this moment; None for nothing.
            by: The caller.
            request_id: The request that the audit log speaks of.
        """
        accepted = self._events.capture(seen, by=by)
        if accepted is None or question is None or not allows(by.scopes, NEEDED):
            return ""
        try:
            return self._answer(seen, accepted, question, by, request_id)
        except Exception as error:  # noqa: BLE001 - the agent must not wait for our mending
            what = "at its %s an agent was told nothing: %s"
            log.error(what, question.moment, KEEPING.traced(error))  # noqa: TRY400
            return ""

    def rehearse(self, seen: AgentEventCapture, *, by: Principal) -> HookRehearsal:
        """What would become of a hook's event: it is written, and taken back."""
        return HookRehearsal(
            event_type=seen.event_type,
            is_kept=self._events.rehearse(seen, by=by),
            may_be_told=allows(by.scopes, NEEDED),
        )

    def _answer(
        self,
        seen: AgentEventCapture,
        accepted: AcceptedEvent,
        question: HookQuestion,
        by: Principal,
        request_id: str | None,
    ) -> str:
        who = (accepted.event.server_session_id, str(seen.metadata.get("agentId", "")))
        if question.moment == "start":
            self._told.forget(who)
        elif question.moment == "prompt" and self._least is None:
            return ""
        known = self._told.to(who, question.moment)
        pack = self._pack(_query(accepted, question), question, known, by, request_id)
        if question.moment != "start":
            self._told.add(who, question.moment, (one.id for one in pack.items))
        return pack.context

    def _pack(
        self,
        query: ContextQuery,
        question: HookQuestion,
        known: Collection[str],
        by: Principal,
        request_id: str | None,
    ) -> ContextPack:
        if question.moment == "failure":
            return self._packs.fixes(query, by=by, request_id=request_id, known=known)
        least = NOTHING_FITS if self._least is None else self._least
        return self._packs.pack(
            query, by=by, request_id=request_id, known=known, least=least
        )


def _query(accepted: AcceptedEvent, asked: HookQuestion) -> ContextQuery:
    """What there is to tell at this moment, within what host and moment allow."""
    room = max(1, min(asked.budget, MOST_CHARACTERS[asked.moment]))
    return ContextQuery(
        project_id=accepted.event.project_id,
        server_session_id=accepted.event.server_session_id,
        query=asked.query if asked.moment == "prompt" else None,
        files=asked.files if asked.moment == "file" else (),
        command=asked.command if asked.moment == "failure" else None,
        error=asked.error if asked.moment == "failure" else None,
        output=asked.output if asked.moment == "failure" else None,
        limit=MOST_MEMORIES[asked.moment],
        character_budget=room,
        # No token is shorter than a character: only the characters bind.
        token_budget=room,
    )


_Who = tuple[str | None, str]


class _Told:
    """What sessions, and the helpers in them, were told; safe to use from threads.

    It lasts as long as the process: after a restart something may be told once more.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions: OrderedDict[_Who, dict[bool, set[str]]] = OrderedDict()

    def forget(self, who: _Who) -> None:
        """Whoever begins anew, or had its window emptied, knows of nothing."""
        with self._lock:
            self._sessions.pop(who, None)

    def to(self, who: _Who, moment: HookMoment) -> Collection[str]:
        """The memories that need not be told now; a fix is told though it was read."""
        with self._lock:
            told = self._sessions.get(who, {})
            return frozenset(told.get(moment == "failure", ()))

    def add(self, who: _Who, moment: HookMoment, memories: Iterable[str]) -> None:
        """These were told."""
        if who[0] is None:
            return
        with self._lock:
            told = self._sessions.setdefault(who, {})
            self._sessions.move_to_end(who)
            told.setdefault(moment == "failure", set()).update(memories)
            while len(self._sessions) > SESSIONS_REMEMBERED:
                self._sessions.popitem(last=False)
