# SPDX-License-Identifier: Apache-2.0
"""A provider that obeys, a clock moved by hand, and every generator on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from claude_mem_conformance import samples
from claude_mem_conformance.clock import HandClock
from claude_mem_core.domain.model_call import ModelCall
from claude_mem_core.plugins import Plugins, Wiring
from claude_mem_core.ports.generator import ObservationGenerator
from claude_mem_core.reference.storage import InProcessStorage
from claude_mem_generator_llm import plugin
from model_stub import KEY, ModelStub, model_stub

Open = Callable[..., ObservationGenerator]


@pytest.fixture
def stub() -> Iterator[ModelStub]:
    with model_stub() as known:
        yield known


@pytest.fixture
def system() -> HandClock:
    return HandClock()


@pytest.fixture
def storage(system: HandClock) -> InProcessStorage:
    storage = InProcessStorage(system)
    samples.inhabit(storage)
    return storage


@pytest.fixture
def env(stub: ModelStub) -> dict[str, str]:
    """Settings with which every provider is the stub."""
    return {
        "CLAUDE_MEM_SERVER_MODEL": "some/model-1",
        "CLAUDE_MEM_ANTHROPIC_API_KEY": KEY,
        "CLAUDE_MEM_ANTHROPIC_BASE_URL": stub.url,
        "CLAUDE_MEM_GEMINI_API_KEY": KEY,
        "CLAUDE_MEM_GEMINI_BASE_URL": stub.url,
        "CLAUDE_MEM_OPENROUTER_API_KEY": KEY,
        "CLAUDE_MEM_OPENROUTER_BASE_URL": f"{stub.url}/api/v1/",
        "CLAUDE_MEM_PROVIDER_TIMEOUT_SECONDS": "5",
    }


@pytest.fixture
def opened(
    env: dict[str, str],
    storage: InProcessStorage,
    system: HandClock,
    tmp_path: Path,
) -> Open:
    """Opens a generator by its name, with more settings."""

    def open_(name: str, **more: str) -> ObservationGenerator:
        adapter = Plugins(plugin).generator(name)
        named = {f"CLAUDE_MEM_{key.upper()}": text for key, text in more.items()}
        if name == "auto":
            named.setdefault("CLAUDE_MEM_SERVER_PROVIDER", "claude")
        settings = adapter.settings.from_env({**env, **named})
        return adapter.open(settings, Wiring(tmp_path, system, lambda: storage))

    return open_


@pytest.fixture
def wrote(storage: InProcessStorage, system: HandClock) -> Callable[..., None]:
    """Puts calls into the book, as a worker does after each job."""

    def write(*outcomes: str, **fields: object) -> None:
        for outcome in outcomes:
            given = {
                "provider": "anthropic",
                "outcome": outcome,
                "created_at_epoch": system.now(),
                **fields,
            }
            call: ModelCall = samples.model_call(system.new_id(), **given)
            with storage.begin() as tx:
                tx.model_calls.add(call)

    return write
