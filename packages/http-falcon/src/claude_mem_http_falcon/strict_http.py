# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as RFC 9112 has it, and nothing of what waitress takes besides.

Whatever two programs may read differently is refused: it is how one hides a second
request behind a first one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from typing_extensions import override
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from claude_mem_http_falcon.head import Head
from claude_mem_http_falcon.problems import Problem

Knock: TypeAlias = Callable[[Head, bool], Problem | None]
"""What stands against a request with such a head, and with a body or without."""

LONGEST_LINE = 1024
"""Bytes of a line between the chunks of a body."""

_VERSIONS = ("1.0", "1.1")
_TARGET = re.compile(r"(?:http://|/)[!-\"$-~]*")
_CODING = re.compile(rb"\r\ntransfer-encoding:[ \t]*([^\r]*)", re.IGNORECASE)
_BEGINNING = re.compile(rb"(?:\r\n)*[!-~]|(?:\r\n)+\Z")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t -~]*)?")


class RefusalError(Error):
    """A problem in waitress's terms."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class StrictParser(HTTPRequestParser):
    """A parser that knocks at the door before it waits for a body."""

    proxy_netloc: str
    path: str
    request_uri: str

    def __init__(self, knock: Knock, peer: str, adj: Adjustments) -> None:
        super().__init__(adj)
        self._knock = knock
        self._peer = peer

    @override
    def received(self, data: bytes) -> int:
        in_header, before = not self.headers_finished, self.header_plus
        consumed = super().received(data)
        if in_header and self.headers_finished:
            if not _BEGINNING.match(before + data):
                self._refuse(BadRequest("white space before the request line"))
            elif not self.empty:
                self._ask()
        return consumed

    @override
    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError:
            # Of what it makes integers and addresses of, it checks not everything.
            message = "the request's target or Content-Length is malformed"
            raise ParsingError(message) from None
        fault = next(
            (fault for fault, is_so in self._faults(header_plus) if is_so), None
        )
        if fault is not None:
            raise ParsingError(fault)
        if self.chunked:
            # waitress's own is used like this one, and is not as strict.
            receiver = cast("Any", self.body_rcv)
            self.body_rcv = cast("Any", ChunkedBody(receiver.getbuf()))
        elif self.body_rcv is None:
            # waitress would wait for a body that nobody announced.
            self.expect_continue = False

    @property
    def head(self) -> Head:
        """The request without its body, as far as it could be read."""
        fields = {name.replace("_", "-"): text for name, text in self.headers.items()}
        method, path = getattr(self, "command", "-"), getattr(self, "path", "")
        return Head(method, path, self._peer, fields)

    def _ask(self) -> None:
        is_long = isinstance(self.error, RequestEntityTooLarge)
        if self.error is None or is_long:
            wants_body = is_long or not self.completed
            problem = self._knock(self.head, wants_body)
            if problem is not None:
                self._refuse(RefusalError(problem))

    def _refuse(self, error: Error) -> None:
        self.error = error
        self.completed, self.empty = True, False
        # Nobody shall be asked to send a body that is not wanted.
        self.expect_continue = False

    def _faults(self, header_plus: bytes) -> list[tuple[str, bool]]:
        """What RFC 9112 forbids or lets us refuse, and waitress lets pass."""
        host, named = self.proxy_netloc, self.headers.get("HOST")
        te = "TRANSFER_ENCODING" in self.headers
        both = self.chunked and "CONTENT_LENGTH" in self.headers
        codings = [one.strip().lower() for one in _CODING.findall(header_plus)]
        folded = b"\r\n " in header_plus or b"\r\n\t" in header_plus
        line, method = cast("bytes", self.first_line), cast("str", self.command)
        spaced = not header_plus.startswith(line + b"\r\n")
        to_all = method == "OPTIONS" and self.request_uri == "*"
        is_target = to_all or _TARGET.fullmatch(self.request_uri)
        return [
            ("the protocol is not HTTP/1.0 or HTTP/1.1", self.version not in _VERSIONS),
            ("Transfer-Encoding in HTTP/1.0", te),
            ("Transfer-Encoding and Content-Length together", both),
            ("Transfer-Encoding is not chunked", bool(codings) and not self.chunked),
            ("Transfer-Encoding more than once", codings not in ([], [b"chunked"])),
            ("a header field is folded over lines", folded),
            ("white space after the request line", spaced),
            ("the request's target is neither a path nor http://", not is_target),
            ("a NUL in the request's target", "%00" in self.request_uri),
            ("the request's target and Host disagree", bool(host) and host != named),
        ]


class ChunkedBody:
    """A body in chunks, whose every line is what the RFC says, and short.

    Trailer fields are read and dropped, as it allows.
    """

    completed = False
    error: Error | None = None

    def __init__(self, buffer: Any) -> None:  # noqa: ANN401 - waitress has no types
        self._buffer = buffer
        self._line = b""
        self._left = 0
        self._take: Callable[[bytes], None] = self._size

    def __len__(self) -> int:
        """Bytes of the body so far."""
        return len(self._buffer)

    def getbuf(self) -> Any:  # noqa: ANN401
        """The buffer that holds the body."""
        return self._buffer

    def getfile(self) -> Any:  # noqa: ANN401
        """The body, to be read from its start."""
        return self._buffer.getfile()

    def received(self, data: bytes) -> int:
        """How many of these bytes belong to the body."""
        rest = data
        while rest and not self.completed and self.error is None:
            rest = self._data(rest) if self._left else self._lines(rest)
        return len(data) - len(rest)

    def _data(self, data: bytes) -> bytes:
        taken = data[: self._left]
        self._buffer.append(taken)
        self._left -= len(taken)
        return data[len(taken) :]

    def _lines(self, data: bytes) -> bytes:
        line, end, rest = (self._line + data).partition(b"\r\n")
        if len(line) > LONGEST_LINE:
            self.error = BadRequest("a line between chunks is too long")
        elif end:
            self._line = b""
            self._take(line)
        else:
            self._line = line
        return rest

    def _size(self, line: bytes) -> None:
        match = _SIZE.fullmatch(line)
        if match is None:
            self.error = BadRequest("the size of a chunk is malformed")
            return
        self._left = int(match[1], 16)
        self._take = self._end if self._left else self._trailer

    def _end(self, line: bytes) -> None:
        if line:
            self.error = BadRequest("a chunk is longer than it says")
        self._take = self._size

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.completed = True
        elif not _FIELD.fullmatch(line):
            self.error = BadRequest("a trailer field is malformed")
