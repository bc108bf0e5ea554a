# SPDX-License-Identifier: Apache-2.0
"""`/v1/projects/{project_id}/regenerate`."""

from __future__ import annotations

from claude_mem_core.domain.replay import ReplayRequest
from claude_mem_core.services.replay import Replay

from claude_mem_http_falcon.exchange import Request, Response, show


class RegenerateResource:
    """Where a project's past is shown to a generator again."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    def on_post(self, req: Request, resp: Response, project_id: str) -> None:
        """Make some sessions again, and tell what is different."""
        asked = ReplayRequest.from_wire(req.document)
        show(resp, replay=self._replay.regenerate(project_id, asked, by=req.caller))
