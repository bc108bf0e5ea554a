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
from typing import Any, cast
from urllib.parse import quote

from claude_mem_core.domain.keeping import KEEPING
from claude_mem_core.errors import AccessError
from claude_mem_core.services.audit_trail import AuditTrail
from pydantic_core import to_json
from typing_extensions import override
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import Error

from claude_mem_http_falcon.authentication import Authentication
from claude_mem_http_falcon.exchange import (
    REDACTOR,
    SECURITY_HEADERS,
    acceptable_request_id,
)
from claude_mem_http_falcon.gate import Gate
from claude_mem_http_falcon.head import Head
from claude_mem_http_falcon.problems import (
    CONTENT_TYPE,
    UNFORESEEN,
    Problem,
    ProtocolError,
    problem_of,
    without_secrets,
)
from claude_mem_http_falcon.request_log import log_request
from claude_mem_http_falcon.routes import MIB, deed_at, is_open
from claude_mem_http_falcon.strict_http import RefusalError, StrictParser

LONGEST_BODY = 16 * MIB + 64 * 1024
"""More than the greatest limit of any route, so that the route's own limit speaks."""

MOST_DISCARDED = 2 * LONGEST_BODY
"""Bytes of a refused body that are read, to nowhere, before the line is cut."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """The layers that need a request's header only, without the framework."""

    gate: Gate
    authentication: Authentication
    trail: AuditTrail
    new_id: Callable[[], str]

    def knock(self, head: Head, has_body: bool) -> Problem | None:  # noqa: FBT001 - what waitress tells
        """What stands against the request, if anything.

        A key is asked for where a body would follow: without one the application
        asks, and as soon.
        """
        try:
            self.gate.check(head)
            if has_body and not is_open(head.path):
                self.authentication.identify(head)
        except Exception as error:  # noqa: BLE001 - it is told, without secrets
            problem = problem_of(error)
            if problem is None:
                log.error("a request failed at the door: %s", KEEPING.traced(error))  # noqa: TRY400 - without its secrets
            elif isinstance(error, AccessError):
                self.trail.denied(
                    problem.status.value,
                    address=head.peer,
                    deed=deed_at(head.method, head.path),
                )
            return problem or UNFORESEEN
        return None


class ProblemTask(ErrorTask):
    """waitress's answer to what never reaches the application, in our shape."""

    def __init__(self, door: Door, channel: EdgeChannel, request: StrictParser) -> None:
        super().__init__(channel, cast("Any", request))
        self._door = door
        self._refused = request

    @override
    def execute(self) -> None:
        cast("EdgeChannel", self.channel).lingers = True
        problem = without_secrets(_problem(self._refused.error), REDACTOR)
        head = self._refused.head
        given = acceptable_request_id(head.header("X-Request-Id"))
        request_id = given or self._door.new_id()
        path = quote(REDACTOR.text(head.path), encoding="latin-1")
        body = to_json(problem.to_wire(instance=path, request_id=request_id))
        self.status = f"{problem.status.value} {problem.status.phrase}"
        self.response_headers = [
            ("Content-Type", CONTENT_TYPE),
            ("X-Request-Id", request_id),
            *SECURITY_HEADERS.items(),
            *problem.headers.items(),
            *self._door.gate.told(head).items(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        millis = (time.time() - self.start_time) * 1000
        # Before the answer, as for all others: whoever has it finds its line.
        log_request(head.method, path, problem.status.value, millis, request_id)
        # A body after HEAD would be read as the next answer.
        self.write(b"" if head.method == "HEAD" else body)


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
        server: Any,  # noqa: ANN401
        sock: socket.socket,
        addr: tuple[Any, ...],
        adj: Adjustments,
        map: dict[int, Any] | None = None,  # noqa: A002
    ) -> None:
        self.parser_class = partial(StrictParser, door.knock, str(addr[0]))  # type: ignore[assignment]
        self.error_task_class = partial(ProblemTask, door)  # type: ignore[assignment]
        super().__init__(server, sock, addr, adj, map)

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


def _problem(error: Error | None) -> Problem:
    if isinstance(error, RefusalError):
        return error.problem
    if error is None or error.code == UNFORESEEN.status:
        return UNFORESEEN
    return problem_of(ProtocolError(error.code, str(error.body))) or UNFORESEEN
