# SPDX-License-Identifier: Apache-2.0
"""The scenarios of the conformance suite that our server does not pass, and why not.

Each is about something that the server does not offer, and says so: in its
capabilities, or by the answer that the protocol has for it. The page of the reference
lists the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

OLD, NEW = "2025-11-25", "2026-07-28"
REVISIONS = (OLD, NEW)

ASKS = "no tool asks anything of the client: what is missing is an error that tells it"
STREAM = "an answer is one JSON, not a stream: nothing is told on the way to it"
LOGS = "what a server logs is for who runs it, not for an agent: no `logging`"
COMPLETES = "arguments are words of the agent's own: no `completions`"
SUBSCRIBES = "there are no sessions to tell news to: no `resources.subscribe`"
TASKS = "the extension of tasks is not offered: every call is done when it is answered"


class NotOurs(NamedTuple):
    """Scenarios that do not apply.

    Attributes:
        why: What the server does not offer.
        scenarios: Their names.
    """

    why: str
    scenarios: Sequence[str]


DO_NOT_APPLY: Mapping[str, Sequence[NotOurs]] = {
    OLD: (
        NotOurs(LOGS, ("logging-set-level", "tools-call-with-logging")),
        NotOurs(COMPLETES, ("completion-complete",)),
        NotOurs(SUBSCRIBES, ("resources-subscribe", "resources-unsubscribe")),
        NotOurs(
            STREAM,
            (
                "tools-call-with-progress",
                "server-sse-multiple-streams",
                "server-sse-polling",
            ),
        ),
        NotOurs(
            ASKS,
            (
                "tools-call-sampling",
                "tools-call-elicitation",
                "elicitation-sep1034-defaults",
                "elicitation-sep1330-enums",
            ),
        ),
    ),
    NEW: (
        NotOurs(COMPLETES, ("completion-complete",)),
        NotOurs(STREAM, ("tools-call-with-progress",)),
        NotOurs(
            ASKS,
            (
                "input-required-result-basic-elicitation",
                "input-required-result-basic-list-roots",
                "input-required-result-basic-sampling",
                "input-required-result-capability-check",
                "input-required-result-ignore-extra-params",
                "input-required-result-missing-input-response",
                "input-required-result-multi-round",
                "input-required-result-multiple-input-requests",
                "input-required-result-non-tool-request",
                "input-required-result-request-state",
                "input-required-result-result-type",
                "input-required-result-tampered-state",
            ),
        ),
        NotOurs(
            TASKS,
            (
                "tasks-capability-negotiation",
                "tasks-dispatch-and-envelope",
                "tasks-lifecycle",
                "tasks-mrtr-composition",
                "tasks-mrtr-input",
                "tasks-request-headers",
                "tasks-request-state-removal",
                "tasks-required-task-error",
                "tasks-status-notifications",
                "tasks-wire-fields",
            ),
        ),
    ),
}
"""By the revision of the protocol."""

SKIPPED: Mapping[str, Mapping[str, str]] = {
    OLD: {},
    NEW: {
        "sep-2575-server-sends-subscription-ack": SUBSCRIBES,
        "sep-2575-server-tags-subscription-id": SUBSCRIBES,
        "sep-2575-server-honors-notification-filter": SUBSCRIBES,
        "sep-2575-server-sends-prompts-list-changed-on-subscription": SUBSCRIBES,
        "sep-2575-server-sends-tools-list-changed-on-subscription": SUBSCRIBES,
    },
}
"""Checks of a scenario that applies which the suite leaves out by itself, as the server
does not declare what they are about."""


def names(revision: str) -> set[str]:
    """The scenarios of a revision that do not apply."""
    return {one for row in DO_NOT_APPLY[revision] for one in row.scenarios}


def table() -> str:
    """What the page of the reference says of them, as Markdown."""
    lines = [
        "| not offered | scenarios of 2025-11-25 | of 2026-07-28 |",
        "|---|---|---|",
    ]
    for why in (ASKS, STREAM, LOGS, COMPLETES, SUBSCRIBES, TASKS):
        cells = [
            ", ".join(
                f"`{one}`"
                for row in DO_NOT_APPLY[revision]
                if row.why == why
                for one in row.scenarios
            )
            for revision in REVISIONS
        ]
        lines.append(f"| {why} | {' | '.join(cells)} |")
    return "\n".join(lines)
