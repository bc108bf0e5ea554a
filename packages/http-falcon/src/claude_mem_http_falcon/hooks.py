# SPDX-License-Identifier: Apache-2.0
"""`/hooks`: what a coding agent reports, in its own words."""

from __future__ import annotations

from claude_mem_core.runtime import Runtime

from claude_mem_http_falcon.exchange import Request, Response, show


class HookResource:
    """Where the hooks of every installed agent come in."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def on_post(self, req: Request, resp: Response, agent: str, event: str) -> None:
        """Keep what the hook reports; the answer tells the agent what fits it."""
        vocabulary, now = self._runtime.agent(agent), self._runtime.system.now()
        payload = req.hook_payload
        told = self._runtime.hooks.take(
            vocabulary.capture(event, payload, received_at=now),
            vocabulary.asks(event, payload),
            by=req.caller,
            request_id=req.request_id,
        )
        show(resp, **vocabulary.answer(event, told))
