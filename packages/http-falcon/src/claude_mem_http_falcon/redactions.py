# SPDX-License-Identifier: Apache-2.0
"""`/v1/redactions`: what is kept already, looked over once more."""

from __future__ import annotations

from claude_mem_core.domain.rescan import RescanQuery
from claude_mem_core.services.rescan import Rescan

from claude_mem_http_falcon.exchange import Request, Response, show


class RedactionsResource:
    """Where one page after another is looked over."""

    def __init__(self, rescan: Rescan) -> None:
        self._rescan = rescan

    def on_post(self, req: Request, resp: Response) -> None:
        """Look the next page over, and say where the one after it begins."""
        query = RescanQuery.from_wire(req.document)
        show(resp, redaction=self._rescan.page(query, by=req.caller))
