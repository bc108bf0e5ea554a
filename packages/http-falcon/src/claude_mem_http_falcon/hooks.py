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
        """Keep what the hook reports; the answer asks nothing of the agent."""
        vocabulary, now = self._runtime.agent(agent), self._runtime.system.now()
        seen = vocabulary.capture(event, req.hook_payload, received_at=now)
        self._runtime.events.capture(seen, by=req.caller)
        show(resp)
