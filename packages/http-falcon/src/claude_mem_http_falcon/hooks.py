# SPDX-License-Identifier: Apache-2.0
"""`/hooks`: what a coding agent reports, in its own words."""

from __future__ import annotations

from claude_mem_core.domain.value import LAST_EPOCH
from claude_mem_core.runtime import Runtime

from claude_mem_http_falcon.exchange import Request, Response, show

OCCURRED = "X-Claude-Mem-Occurred-At"
"""When it happened, as epoch, where the payload does not say so: who sends it once more
sends the same, and it is the same event."""

LONGEST_EPOCH = 15
"""Digits."""

OFFLINE = "X-Claude-Mem-Offline"
"""Asks for the answer that the agent would be given while no server runs, too."""

DRY_RUN = "X-Claude-Mem-Dry-Run"
"""Asks what would become of the event; nothing of it is kept."""

EARLIER = "claude-mem does not run; what was told {AGE} ago is told again"
"""The note of such an answer; who gives it puts its age in."""


class HookResource:
    """Where the hooks of every installed agent come in."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def on_post(self, req: Request, resp: Response, agent: str, event: str) -> None:
        """Keep what the hook reports; the answer tells the agent what fits it."""
        vocabulary, payload = self._runtime.agent(agent), req.hook_payload
        seen = vocabulary.capture(event, payload, received_at=self._occurred(req))
        if req.get_header(DRY_RUN) is not None:
            show(resp, dryRun=self._runtime.hooks.rehearse(seen, by=req.caller))
            return
        told = self._runtime.hooks.take(
            seen,
            vocabulary.asks(event, payload),
            by=req.caller,
            request_id=req.request_id,
        )
        answer = vocabulary.answer(event, told)
        if req.get_header(OFFLINE) is None:
            show(resp, **answer)
        else:
            offline = vocabulary.answer(event, told, EARLIER) if told else None
            show(resp, answer=answer, offline=offline)

    def _occurred(self, req: Request) -> int:
        """When it happened: as its sender says, else now."""
        said, now = req.get_header(OCCURRED) or "", self._runtime.system.now()
        if not (said.isascii() and said.isdecimal() and len(said) <= LONGEST_EPOCH):
            return now
        return min(int(said), LAST_EPOCH)
