# SPDX-License-Identifier: Apache-2.0
"""The way in: what a front end is to whoever starts a process."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

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
