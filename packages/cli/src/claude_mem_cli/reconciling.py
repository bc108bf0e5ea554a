# SPDX-License-Identifier: Apache-2.0
"""Filling in what is not kept of a session, from the transcript of its agent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from claude_mem_core.domain.coverage import (
    MOST_EVENTS,
    Coverage,
    CoverageTotals,
    ReconcileRequest,
    Reconciliation,
    SeenEvent,
    coverage_of,
    seen_event,
)
from claude_mem_core.domain.server_session import SessionKey
from claude_mem_core.domain.transcript import Heard
from claude_mem_core.errors import InvalidInputError
from pydantic_core import to_json

from claude_mem_cli.client import Client
from claude_mem_cli.homes import Homes, session_of
from claude_mem_cli.reading import Name, Reading, SessionTold, name_of, name_of_heard
from claude_mem_cli.sending import Letter, Sending
from claude_mem_cli.taken import Compared, Taken
from claude_mem_cli.transcripts import Found

LARGEST_QUESTION = 6 * 1024 * 1024
ENVELOPE = 300
"""Bytes that an event takes in a question beside what it says, at most."""


def fill(
    found: Found,
    *,
    client: Client,
    homes: Homes,
    only: Callable[[SessionKey], bool] = lambda _: True,
    step: Callable[[int], None] = lambda _: None,
) -> Taken:
    """Send the events of a transcript that are not kept, and note the coverage.

    What a hook reported is not sent again, and nothing is sent twice. Sessions that
    are over are ended.

    Args:
        found: The transcript.
        client: Who keeps the events.
        homes: Which projects its sessions go to.
        only: Which of its sessions count.
        step: Told now and then how many bytes of it were read.
    """
    start = time.monotonic()
    reading = Reading(found, now=time.time_ns() // 1_000_000, step=step)
    sessions = {key: told for key, told in reading.sessions.items() if only(key)}
    asked = {key: _ask(client, key, told) for key, told in sessions.items()}
    sending = _sent(reading.events(), asked, client, homes)
    compared = []
    for key, told in sessions.items():
        answer = asked[key]
        if answer.names and not answer.excluded:
            answer = _ask(client, key, told)
        added = asked[key].count - answer.count
        compared.append(_compared(key, told, answer, added=added))
        if told.is_over and answer.session_id is not None:
            client.end_session(answer.session_id)
    kept = sum(one.kept for one in compared)
    return Taken(
        file=str(found.path),
        projects=tuple(homes.projects.values()),
        made=frozenset(homes.made),
        accepted=kept,
        new=len(sending.new),
        sessions=tuple(one.session_id for one in compared if one.session_id),
        problems=(*reading.problems, *sending.problems),
        mended=reading.mended,
        before=dict(homes.before),
        seconds=time.monotonic() - start,
        agent=found.format.name,
        compared=tuple(compared),
    )


def send_new(heard: Sequence[Heard], *, client: Client, homes: Homes) -> Sending:
    """Send those of some events that are not kept; what became of them.

    They are a part of their sessions, so nothing is noted of how much is kept.
    """
    sessions: dict[SessionKey, SessionTold] = {}
    for one in heard:
        session = session_of(one.event)
        if session is not None:
            told = sessions.setdefault(session, SessionTold())
            told.root_path = told.root_path or one.event.root_path
            told.seen.append(seen_event(one))
    asked = {key: _ask(client, key, told, keep=False) for key, told in sessions.items()}
    return _sent(heard, asked, client, homes)


class _Answer:
    """What is not kept of a session.

    Attributes:
        names: What the events that are not kept are known by.
        excluded: Nothing of its project is kept.
    """

    def __init__(
        self, seen: Sequence[SeenEvent], answers: Sequence[Reconciliation], now: int
    ) -> None:
        self.names: set[Name] = set()
        self.excluded = any(one.excluded for one in answers)
        self.session_id = next((one.session_id for one in answers), None)
        self.coverage = _sum([one.coverage for one in answers], now)
        self.count = sum(len(one.missing) for one in answers)
        begin = 0
        for part, answer in zip(_parts(seen), answers, strict=True):
            self.names |= {name_of(seen[begin + place]) for place in answer.missing}
            begin += len(part)

    def lacks(self, heard: Heard) -> bool:
        """Whether this event is not kept."""
        return name_of_heard(heard) in self.names


def _sent(
    heard: Iterable[Heard],
    asked: Mapping[SessionKey, _Answer],
    client: Client,
    homes: Homes,
) -> Sending:
    """What became of the events that are not kept, now that they are sent."""
    sending = Sending(client)
    for one in heard:
        session = session_of(one.event)
        if session is None or (session in asked and asked[session].lacks(one)):
            _send(one, homes, sending)
    sending.flush()
    return sending


def _ask(
    client: Client, key: SessionKey, told: SessionTold, *, keep: bool = True
) -> _Answer:
    parts = [*_parts(told.seen)]
    platform = {} if key.any_platform else {"platform_source": key.platform_source}
    answers = [
        client.reconcile(
            ReconcileRequest(
                content_session_id=key.content_session_id,
                root_path=told.root_path,
                events=part,
                # The coverage of a part is not that of the session.
                keep=keep and len(parts) == 1,
                **platform,
            )
        )
        for part in parts
    ]
    return _Answer(told.seen, answers, time.time_ns() // 1_000_000)


def _parts(seen: Sequence[SeenEvent]) -> Iterator[tuple[SeenEvent, ...]]:
    """The events in as many questions as it takes, at least one."""
    part: list[SeenEvent] = []
    size = 0
    for one in seen:
        own = ENVELOPE + (len(to_json(one.says)) if one.says else 0)
        if part and (size + own > LARGEST_QUESTION or len(part) == MOST_EVENTS):
            yield tuple(part)
            part, size = [], 0
        part.append(one)
        size += own
    yield tuple(part)


def _send(heard: Heard, homes: Homes, sending: Sending) -> None:
    try:
        draft = heard.event.in_project(homes.of(heard.event, heard.remote).id)
    except InvalidInputError as error:
        sending.refuse(heard.file, heard.line, error)
        return
    size = len(to_json(draft.payload))
    sending.put(Letter(heard.file, heard.line, draft, size))


def _compared(
    key: SessionKey, told: SessionTold, answer: _Answer, *, added: int
) -> Compared:
    return Compared(
        name=key.content_session_id,
        session_id=answer.session_id,
        root_path=told.root_path,
        coverage=answer.coverage,
        kept=0 if answer.excluded else len(told.seen) - answer.count,
        added=added,
        excluded=answer.excluded,
        is_over=told.is_over,
    )


def _sum(each: Sequence[Coverage], now: int) -> Coverage:
    live, filled, missing = (
        sum(getattr(one, name) for one in each)
        for name in ("live", "filled", "missing")
    )
    return coverage_of(live=live, filled=filled, missing=missing, now=now)


def totals(each: Sequence[Coverage]) -> CoverageTotals:
    """The coverage of several sessions, added up."""
    counts = (
        sum(getattr(one, name) for one in each)
        for name in ("seen", "live", "filled", "missing")
    )
    seen, live, filled, missing = counts
    return CoverageTotals(len(each), seen, live, filled, missing)
