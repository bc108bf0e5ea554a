# SPDX-License-Identifier: Apache-2.0
"""What this distribution offers to the plugin host; the HTTP client waits its turn."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from claude_mem_core.plugins import Adapter, Wiring, hookimpl
from claude_mem_core.ports.generator import ObservationGenerator

from claude_mem_generator_llm.settings import (
    Format,
    ModelSettings,
    format_of,
    require_ready,
)

FORMATS: tuple[Format, ...] = ("anthropic", "gemini", "openai")


@hookimpl
def claude_mem_generators() -> Iterable[Adapter[ObservationGenerator]]:
    """Offer a generator for each wire format, and one that asks only where it pays."""
    pure = [Adapter(one, ModelSettings, partial(_pure, one)) for one in FORMATS]
    return [*pure, Adapter("auto", ModelSettings, _auto)]


def _pure(
    wanted: Format, settings: ModelSettings, wiring: Wiring
) -> ObservationGenerator:
    require_ready(settings, wanted)
    from claude_mem_generator_llm.opening import model_generator

    return model_generator(settings, wanted, wiring)


def _auto(settings: ModelSettings, wiring: Wiring) -> ObservationGenerator:
    wanted = format_of(settings)
    require_ready(settings, wanted)
    from claude_mem_generator_llm.auto import AutoGenerator
    from claude_mem_generator_llm.opening import model_generator

    return AutoGenerator(model_generator(settings, wanted, wiring))
