# SPDX-License-Identifier: Apache-2.0
"""The plugin host: what separately installed adapters offer, by name.

This is the only module that knows pluggy. Hooks offer, they never act: asking what
there is opens nothing, and an unknown name is an error that lists the known ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import pluggy

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.front_end import FrontEnd, Mount, ToolServer
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.embedder import Embedder
from claude_mem_core.ports.generator import ObservationGenerator
from claude_mem_core.ports.installers import AgentInstaller
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.secrets import SecretDetector
from claude_mem_core.ports.storage import Storage
from claude_mem_core.ports.system import System
from claude_mem_core.ports.transcripts import Transcript, TranscriptFormat
from claude_mem_core.runtime import Runtime
from claude_mem_core.settings import Settings

GROUP = "claude_mem"
"""The entry-point group in which adapter packages name their plugin module."""

Installer: TypeAlias = AgentInstaller
"""What front ends call: an agent's files, read and changed so that it reports here."""

Format: TypeAlias = TranscriptFormat
"""What front ends call: the files in which an agent writes its sessions down."""

Reading: TypeAlias = Transcript
"""What front ends call: such a file, read on while it is written."""

COUNTERPARTS: Mapping[tuple[str, str], str] = {
    ("queue engine", "bullmq"): "bullmq runs on Node.js: rq is its counterpart here, "
    "sqlite needs no Redis",
}
"""What to name instead of what users of the reference system are used to."""

T_co = TypeVar("T_co", covariant=True)

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What is there already when an adapter is opened.

    Attributes:
        folder: The data folder; it exists.
        stored: The open storage; it fails for the storage itself.
        mounted: What answers for a path, by the name of the tool server that it is;
            `ConfigurationError` where none of this name is installed.
    """

    folder: Path
    system: System
    stored: Callable[[], Storage]
    mounted: Callable[[str, Runtime], Mount] | None = None


@dataclass(frozen=True, slots=True)
class Adapter(Generic[T_co]):
    """An offer: a name, the settings it wants, and how it is opened with them."""

    name: str
    settings: type[Settings]
    open: Callable[[Any, Wiring], T_co]


class HookSpecs:
    """Everything that a plugin can offer."""

    @hookspec
    def claude_mem_storages(self) -> Iterable[Adapter[Storage]]:
        """Offer storages."""
        raise NotImplementedError

    @hookspec
    def claude_mem_queues(self) -> Iterable[Adapter[ObservationQueueEngine]]:
        """Offer queue engines."""
        raise NotImplementedError

    @hookspec
    def claude_mem_generators(self) -> Iterable[Adapter[ObservationGenerator]]:
        """Offer generators."""
        raise NotImplementedError

    @hookspec
    def claude_mem_embedders(self) -> Iterable[Adapter[Embedder]]:
        """Offer embedders."""
        raise NotImplementedError

    @hookspec
    def claude_mem_rate_limiters(self) -> Iterable[Adapter[RateLimiter]]:
        """Offer rate limiters."""
        raise NotImplementedError

    @hookspec
    def claude_mem_front_ends(self) -> Iterable[Adapter[FrontEnd]]:
        """Offer front ends."""
        raise NotImplementedError

    @hookspec
    def claude_mem_tool_servers(self) -> Iterable[Adapter[ToolServer]]:
        """Offer servers of tools."""
        raise NotImplementedError

    @hookspec
    def claude_mem_agents(self) -> Iterable[AgentVocabulary]:
        """Offer the vocabularies of coding agents."""
        raise NotImplementedError

    @hookspec
    def claude_mem_installers(self) -> Iterable[AgentInstaller]:
        """Offer ways to put hooks into coding agents."""
        raise NotImplementedError

    @hookspec
    def claude_mem_transcripts(self) -> Iterable[TranscriptFormat]:
        """Offer to read the files in which agents write their sessions down."""
        raise NotImplementedError

    @hookspec
    def claude_mem_secret_rules(self) -> Iterable[SecretDetector]:
        """Offer ways to find secrets."""
        raise NotImplementedError


class Plugins:
    """The plugins of a process, each hook as a typed method."""

    def __init__(self, *plugins: object) -> None:
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(HookSpecs)
        for plugin in plugins:
            self._manager.register(plugin)
        self._manager.check_pending()

    @classmethod
    def installed(cls, *plugins: object) -> Plugins:
        """`plugins`, and those of every installed distribution."""
        host = cls(*plugins)
        try:
            host._manager.load_setuptools_entrypoints(GROUP)
        except ImportError as error:
            message = f"an installed plugin cannot be imported: {error}; reinstall it"
            raise ConfigurationError(message) from error
        host._manager.check_pending()
        return host

    def storage(self, name: str) -> Adapter[Storage]:
        """The storage of this name."""
        return _named("storage", name, self._manager.hook.claude_mem_storages())

    def queue(self, name: str) -> Adapter[ObservationQueueEngine]:
        """The queue engine of this name."""
        return _named("queue engine", name, self._manager.hook.claude_mem_queues())

    def generator(self, name: str) -> Adapter[ObservationGenerator]:
        """The generator of this name."""
        return _named("generator", name, self._manager.hook.claude_mem_generators())

    def embedder(self, name: str) -> Adapter[Embedder]:
        """The embedder of this name."""
        return _named("embedder", name, self._manager.hook.claude_mem_embedders())

    def rate_limiter(self, name: str) -> Adapter[RateLimiter]:
        """The rate limiter of this name."""
        offered = self._manager.hook.claude_mem_rate_limiters()
        return _named("rate limiter", name, offered)

    def front_end(self, name: str) -> Adapter[FrontEnd]:
        """The front end of this name."""
        return _named("front end", name, self._manager.hook.claude_mem_front_ends())

    def tool_server(self, name: str) -> Adapter[ToolServer]:
        """The server of tools of this name."""
        offered = self._manager.hook.claude_mem_tool_servers()
        return _named("tool server", name, offered)

    def agents(self) -> Iterator[AgentVocabulary]:
        """Every vocabulary that is offered."""
        for offered in self._manager.hook.claude_mem_agents():
            yield from offered

    def installers(self) -> Iterator[AgentInstaller]:
        """Every installer that is offered."""
        for offered in self._manager.hook.claude_mem_installers():
            yield from offered

    def transcripts(self) -> Iterator[TranscriptFormat]:
        """Every format of transcripts that is offered."""
        for offered in self._manager.hook.claude_mem_transcripts():
            yield from offered

    def secret_detectors(self) -> Iterator[SecretDetector]:
        """Every detector of secrets that is offered."""
        for offered in self._manager.hook.claude_mem_secret_rules():
            yield from offered


def _named(
    kind: str, name: str, offers: Iterable[Iterable[Adapter[T_co]]]
) -> Adapter[T_co]:
    known = {adapter.name: adapter for offer in offers for adapter in offer}
    if name not in known:
        names = ", ".join(sorted(known)) or "none"
        told = [f"no {kind} {name!r}", f"installed: {names}"]
        cure = COUNTERPARTS.get((kind, name))
        raise ConfigurationError("; ".join([*told, cure] if cure else told))
    return known[name]
