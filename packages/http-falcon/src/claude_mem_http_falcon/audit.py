# SPDX-License-Identifier: Apache-2.0
"""`/v1/audit`."""

from __future__ import annotations

from claude_mem_core.domain.audit import AuditQuery
from claude_mem_core.services.audit_trail import AuditTrail

from claude_mem_http_falcon.exchange import Request, Response, show
from claude_mem_http_falcon.parameters import asked

NUMBERS = ("since", "until", "limit", "after")
"""The parameters that are whole numbers."""


class AuditResource:
    """Where it is told who did what."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    def on_get(self, req: Request, resp: Response) -> None:
        """Some rows, and where the next ones begin."""
        query = AuditQuery.from_wire(asked(req, numbers=NUMBERS))
        page = self._trail.list(query, by=req.caller)
        show(resp, audit=list(page.audit), next=page.next)
