# SPDX-License-Identifier: Apache-2.0
"""An id for every request, a line for it in the log, and the headers of all answers.

The log has no query and no body: what an agent said is nobody's business there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from urllib.parse import quote

from claude_mem_http_falcon.exchange import (
    REDACTOR,
    SECURITY_HEADERS,
    Request,
    Response,
    acceptable_request_id,
)

log = logging.getLogger(__name__)


class RequestLog:
    """The layer around all others."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def process_request(self, req: Request, resp: Response) -> None:
        """Give the request its id: the caller's own where it is safe to repeat."""
        del resp
        given = acceptable_request_id(req.get_header("X-Request-Id"))
        req.context.request_id = given or self._new_id()
        req.context.began = perf_counter()

    def process_response(
        self, req: Request, resp: Response, resource: object, succeeded: object
    ) -> None:
        """Add what every answer carries, and write the line."""
        del resource, succeeded
        resp.set_header("X-Request-Id", req.request_id)
        # A page says for itself what a browser lets it do.
        own = resp.get_header("Content-Security-Policy")
        resp.set_headers(SECURITY_HEADERS)
        if own is not None:
            resp.set_header("Content-Security-Policy", own)
        millis = (perf_counter() - req.context.began) * 1000
        path = REDACTOR.text(req.path)
        log_request(req.method, path, resp.status_code, millis, req.request_id)


def log_request(
    method: str, path: str, status: int, millis: float, request_id: str
) -> None:
    """Write the line of one request; the path is quoted, so that it stays one line."""
    log.info("%s %s %d %.1f ms %s", method, quote(path), status, millis, request_id)
