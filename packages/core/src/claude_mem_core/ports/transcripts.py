# SPDX-License-Identifier: Apache-2.0
"""The port to transcripts: the files in which agents write their sessions down."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from claude_mem_core.domain.transcript import Heard, Problem


class Transcript(Protocol):
    """A transcript that is being read, while it may still be written.

    * reading on tells what was written since, and nothing twice;
    * a line that is not written to its end yet waits for its rest;
    * a line at fault is told with its file and number, and costs no other line;
    * however a file grows, its events are the same, in the same order.
    """

    @property
    @abstractmethod
    def position(self) -> int:
        """Bytes of the file, packed as it is, that were read."""

    @abstractmethod
    def read(self) -> Iterator[Heard | Problem]:
        """The events that were written since the last time, in order."""

    @abstractmethod
    def rest(self) -> Iterator[Heard]:
        """What follows from the end of the file, when nobody writes it any more."""


class TranscriptFormat(Protocol):
    """How one agent writes its sessions down, in the words of its hooks.

    * it takes no other file for a transcript of its own;
    * an event has the identity that the same event has when a hook reports it;
    * each event is marked as read from a transcript;
    * companions of a transcript are other files of the same session.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The agent's name in addresses: `claude-code`."""

    @abstractmethod
    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether a file is a transcript of this agent.

        Args:
            path: Where it is.
            head: How it begins: some thousand bytes, unpacked.
        """

    @abstractmethod
    def places(self, home: Path, env: Mapping[str, str]) -> Iterator[Path]:
        """The folders and files below a home folder where the agent keeps transcripts.

        Args:
            home: Of the user.
            env: In which the agent would run: it may say that they are elsewhere.
        """

    def companions(self, path: Path) -> Iterator[Path]:  # noqa: ARG002 - most have none
        """The files of the agent's helpers, if they have some of their own."""
        yield from ()

    @abstractmethod
    def open(self, path: Path) -> Transcript:
        """The transcript in a file that this format recognises, from its beginning."""
