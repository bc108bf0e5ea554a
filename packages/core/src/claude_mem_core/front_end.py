# SPDX-License-Identifier: Apache-2.0
"""The way in: what a front end is to whoever starts a process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from claude_mem_core.domain.access import Principal
from claude_mem_core.runtime import Runtime


class FrontEnd(Protocol):
    """Something that serves a runtime to the outside until it is stopped."""

    @abstractmethod
    def serve(self, runtime: Runtime, *, ready: Callable[[str], None]) -> None:
        """Serve until `stop` is called, finishing what was begun.

        Args:
            runtime: What is served.
            ready: Called once, with the address, when requests are answered.

        Raises:
            ConfigurationError: The address is taken or not allowed.
        """

    @abstractmethod
    def stop(self) -> None:
        """End `serve`; safe to call from any thread and from a signal handler."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A request that a front end took in, for somebody else to answer.

    Attributes:
        headers: Its header fields, by names in lower case.
        body: As it came.
        by: The caller, whom the front end let in.
        request_id: Under which the logs speak of it.
        peer: The address from which it came.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    by: Principal
    request_id: str
    peer: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole answer to a letter."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Mount(Protocol):
    """Something that answers for a path of a front end's own port.

    The front end checks who asks, from where and how much before it hands a letter on.
    """

    @abstractmethod
    def answer(self, letter: Letter) -> Reply:
        """The answer to a letter; it may be asked from any number of threads."""

    @abstractmethod
    def close(self) -> None:
        """Answer no more, and let go of what is held; safe to call twice."""


class ToolServer(Protocol):
    """A way in for agents that call tools: over standard input, or mounted.

    What it needs is imported when it is asked for one of the two.
    """

    @abstractmethod
    def serve(self, env: Mapping[str, str]) -> None:
        """Serve the data folder that `env` names until standard input ends.

        Nothing but the protocol is written to standard output.

        Raises:
            ConfigurationError: A setting is wrong.
        """

    @abstractmethod
    def mounted(self, runtime: Runtime) -> Mount:
        """The same tools over a runtime that a front end serves."""
