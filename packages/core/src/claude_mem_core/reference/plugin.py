# SPDX-License-Identifier: Apache-2.0
"""What the core itself offers to the plugin host."""

from __future__ import annotations

from collections.abc import Iterable

from claude_mem_core.plugins import Adapter, Wiring, hookimpl
from claude_mem_core.ports.agents import AgentVocabulary
from claude_mem_core.ports.embedder import Embedder
from claude_mem_core.ports.generator import ObservationGenerator
from claude_mem_core.ports.limits import RateLimiter
from claude_mem_core.ports.queue import ObservationQueueEngine
from claude_mem_core.ports.storage import Storage
from claude_mem_core.reference.agents import PlainAgent
from claude_mem_core.reference.embedder import HashingEmbedder
from claude_mem_core.reference.generator import RuleBasedGenerator
from claude_mem_core.reference.limits import InProcessRateLimiter
from claude_mem_core.reference.queue import InProcessQueueEngine
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_core.settings import Settings


@hookimpl
def claude_mem_storages() -> Iterable[Adapter[Storage]]:
    """Offer a storage that lasts as long as the process."""
    return [Adapter("in-process", Settings, _storage)]


@hookimpl
def claude_mem_queues() -> Iterable[Adapter[ObservationQueueEngine]]:
    """Offer a queue engine whose bell rings within the process."""
    return [Adapter("in-process", Settings, _queue)]


@hookimpl
def claude_mem_generators() -> Iterable[Adapter[ObservationGenerator]]:
    """Offer the generator that needs no model."""
    return [Adapter("rules", Settings, _generator)]


@hookimpl
def claude_mem_embedders() -> Iterable[Adapter[Embedder]]:
    """Offer the embedder that sees spellings, for trials."""
    return [Adapter("hashing", Settings, _embedder)]


@hookimpl
def claude_mem_rate_limiters() -> Iterable[Adapter[RateLimiter]]:
    """Offer buckets that this process alone takes from."""
    return [Adapter("in-process", Settings, _rate_limiter)]


@hookimpl
def claude_mem_agents() -> Iterable[AgentVocabulary]:
    """Offer the vocabulary of agents that speak the wire's own words."""
    return [PlainAgent()]


def _storage(_: Settings, wiring: Wiring) -> Storage:
    return InProcessStorage(wiring.system)


def _queue(_: Settings, wiring: Wiring) -> ObservationQueueEngine:
    return InProcessQueueEngine(wiring.stored(), wiring.system)


def _generator(_: Settings, _wiring: Wiring) -> ObservationGenerator:
    return RuleBasedGenerator()


def _embedder(_: Settings, _wiring: Wiring) -> Embedder:
    return HashingEmbedder()


def _rate_limiter(_: Settings, _wiring: Wiring) -> RateLimiter:
    return InProcessRateLimiter()
