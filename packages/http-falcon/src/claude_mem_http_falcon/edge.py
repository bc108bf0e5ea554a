# SPDX-License-Identifier: Apache-2.0
"""What waitress does by itself before the application is called, made strict.

It takes some requests that RFC 9112 forbids, it reads a whole body before anybody
asks for the key, and it answers its own errors as plain text. Here, a request is
judged as soon as its header is there, and every answer has the one shape.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast
from urllib.parse import quote

from claude_mem_core.domain.keeping import KEEPING
from claude_mem_core.errors import AccessError
from claude_mem_core.services.access import Access
from claude_mem_core.services.audit_trail import AuditTrail
from pydantic_core import to_json
from typing_extensions import override
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from waitress.utilities import Error, RequestEntityTooLarge

from claude_mem_http_falcon.authentication import Authentication
from claude_mem_http_falcon.exchange import (
    REDACTOR,
    SECURITY_HEADERS,
    acceptable_request_id,
)
from claude_mem_http_falcon.gate import Headers, check_way
from claude_mem_http_falcon.problems import (
    CONTENT_TYPE,
    UNFORESEEN,
    Problem,
    ProtocolError,
    problem_of,
    without_secrets,
)
from claude_mem_http_falcon.request_log import log_request
from claude_mem_http_falcon.routes import MIB, is_open

LONGEST_BODY = 16 * MIB + 64 * 1024
"""More than the greatest limit of any route, so that the route's own limit speaks."""

MOST_DISCARDED = 2 * LONGEST_BODY
"""Bytes of a refused body that are read, to nowhere, before the line is cut."""

Knock: TypeAlias = Callable[[str, Headers], Problem | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """The layers that need a request's header only, without the framework."""

    access: Access
    trail: AuditTrail
    new_id: Callable[[], str]

    def knock(self, path: str, header: Headers, *, address: str) -> Problem | None:
        """What stands against the request, if anything."""
        try:
            check_way(header)
            if not is_open(path):
                Authentication(self.access).identify(header)
        except Exception as error:  # noqa: BLE001 - it is told, without secrets
            problem = problem_of(error)
            if problem is None:
                log.error("a request failed at the door: %s", KEEPING.traced(error))  # noqa: TRY400 - without its secrets
            elif isinstance(error, AccessError):
                self.trail.denied(problem.status.value, address=address)
            return problem or UNFORESEEN
        return None


class RefusalError(Error):
    """A problem in waitress's terms."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class StrictParser(HTTPRequestParser):
    """A parser that knocks at the door before it waits for a body."""

    proxy_netloc: str
    path: str

    def __init__(self, knock: Knock, adj: Adjustments) -> None:
        super().__init__(adj)
        self._knock = knock

    @override
    def received(self, data: bytes) -> int:
        in_header = not self.headers_finished
        consumed = super().received(data)
        if in_header and self.headers_finished and self._wants_body():
            problem = self._knock(self.path, self.header)
            if problem is not None:
                self.error = RefusalError(problem)
                self.completed = True
                # Nobody shall be asked to send a body that is not wanted.
                self.expect_continue = False
        return consumed

    @override
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        fault = next(
            (fault for fault, is_so in self._faults(header_plus) if is_so), None
        )
        if fault is not None:
            raise ParsingError(fault)

    def header(self, name: str) -> str | None:
        """A header field by its name."""
        return self.headers.get(name.upper().replace("-", "_"))

    def _wants_body(self) -> bool:
        return not self.completed or isinstance(self.error, RequestEntityTooLarge)

    def _faults(self, header_plus: bytes) -> list[tuple[str, bool]]:
        """What RFC 9112 forbids or lets us refuse, and waitress lets pass."""
        host, named = self.proxy_netloc, self.headers.get("HOST")
        te = "TRANSFER_ENCODING" in self.headers
        both = self.chunked and "CONTENT_LENGTH" in self.headers
        folded = b"\r\n " in header_plus or b"\r\n\t" in header_plus
        return [
            ("the protocol is not HTTP/1.0 or HTTP/1.1", self.version not in _VERSIONS),
            ("Transfer-Encoding in HTTP/1.0", te),
            ("Transfer-Encoding and Content-Length together", both),
            ("a header field is folded over lines", folded),
            ("the request's target and Host disagree", bool(host) and host != named),
        ]


class ProblemTask(ErrorTask):
    """waitress's answer to what never reaches the application, in our shape."""

    def __init__(
        self, new_id: Callable[[], str], channel: EdgeChannel, request: StrictParser
    ) -> None:
        super().__init__(channel, cast("Any", request))
        self._new_id = new_id
        self._refused = request

    @override
    def execute(self) -> None:
        cast("EdgeChannel", self.channel).lingers = True
        problem = without_secrets(_problem(self._refused.error), REDACTOR)
        given = acceptable_request_id(self._refused.header("X-Request-Id"))
        request_id = given or self._new_id()
        whole = REDACTOR.text(getattr(self._refused, "path", ""))
        path = quote(whole, encoding="latin-1")
        body = to_json(problem.to_wire(instance=path, request_id=request_id))
        self.status = f"{problem.status.value} {problem.status.phrase}"
        self.response_headers = [
            ("Content-Type", CONTENT_TYPE),
            ("X-Request-Id", request_id),
            *SECURITY_HEADERS.items(),
            *problem.headers.items(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        method = getattr(self._refused, "command", "-")
        millis = (time.time() - self.start_time) * 1000
        # Before the answer, as for all others: whoever has it finds its line.
        log_request(method, path, problem.status.value, millis, request_id)
        self.write(body)


class EdgeChannel(HTTPChannel):
    """A connection that stays until a refused client has heard why.

    Closing a socket with unread bytes in it resets the connection, and the answer is
    lost with it. So after a refusal the rest is read and thrown away, within limits.
    """

    lingers = False
    _deaf_since: float | None = None
    _discarded = 0

    def __init__(
        self,
        door: Door,
        server: Any,  # noqa: ANN401 - waitress says no more
        sock: socket.socket,
        addr: tuple[str, int],
        *more: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> None:
        knock = partial(door.knock, address=addr[0])
        self.parser_class = partial(StrictParser, knock)  # type: ignore[assignment]
        self.error_task_class = partial(ProblemTask, door.new_id)  # type: ignore[assignment]
        super().__init__(server, sock, addr, *more, **named)

    @override
    def readable(self) -> bool:
        # A server that stops takes no new requests, on old connections either.
        return self.server.accepting and super().readable()

    @override
    def handle_write(self) -> None:
        if not self.lingers or not self.close_when_flushed or self.will_close:
            super().handle_write()
        elif self.total_outbufs_len:
            self._flush_exception(self._flush_some)  # type: ignore[attr-defined]
        else:
            self._turn_deaf()

    @override
    def received(self, data: bytes) -> bool:
        if self._deaf_since is None:
            return super().received(data)
        self.last_activity = self._deaf_since
        self._discarded += len(data)
        self.will_close = self._discarded > MOST_DISCARDED
        return False

    def _turn_deaf(self) -> None:
        self.close_when_flushed = False
        self._deaf_since = self.last_activity
        try:
            cast("socket.socket", self.socket).shutdown(socket.SHUT_WR)
        except OSError:
            self.will_close = True


_VERSIONS = ("1.0", "1.1")


def _problem(error: Error | None) -> Problem:
    if isinstance(error, RefusalError):
        return error.problem
    if error is None or error.code == UNFORESEEN.status:
        return UNFORESEEN
    return problem_of(ProtocolError(error.code, str(error.body))) or UNFORESEEN
