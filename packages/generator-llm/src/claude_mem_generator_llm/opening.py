# SPDX-License-Identifier: Apache-2.0
"""From settings to a generator that asks a model."""

from __future__ import annotations

from pathlib import Path

from claude_mem_core.plugins import Wiring

from claude_mem_generator_llm.http import Line
from claude_mem_generator_llm.limits import Guard, Limits
from claude_mem_generator_llm.model import ModelGenerator, Sizes
from claude_mem_generator_llm.modes import load_mode
from claude_mem_generator_llm.provider import Prices, Provider
from claude_mem_generator_llm.settings import (
    Format,
    ModelSettings,
    key_of,
    model_of,
)
from claude_mem_generator_llm.syntax import SYNTAXES
from claude_mem_generator_llm.wire import Address, wire_format

BUNDLED = Path(__file__).parent / "modes"


def model_generator(
    settings: ModelSettings, wanted: Format, wiring: Wiring
) -> ModelGenerator:
    """The generator that these settings describe; nobody is asked yet.

    Raises:
        ConfigurationError: The mode is unknown, or cannot be read.
    """
    given = (settings.modes_dir, wiring.folder / "modes", BUNDLED)
    mode = load_mode(settings.mode, [one for one in given if one is not None])
    return ModelGenerator(
        provider(settings, wanted, wiring),
        Guard(wiring.stored(), wiring.system, wanted, _limits(settings)),
        mode,
        syntax=SYNTAXES[settings.openrouter_answer_format],
        sizes=Sizes(settings.model_input_bytes, settings.model_output_tokens),
    )


def provider(settings: ModelSettings, wanted: Format, wiring: Wiring) -> Provider:
    """The provider that these settings describe."""
    bases = {
        "anthropic": settings.anthropic_base_url,
        "gemini": settings.gemini_base_url,
        "openai": settings.openrouter_base_url,
    }
    key, _ = key_of(settings, wanted)
    address = Address(bases[wanted], model_of(settings), key)
    line = Line(settings.provider_timeout_seconds, proxy=settings.provider_proxy)
    prices = Prices(settings.model_input_price, settings.model_output_price)
    return Provider(wire_format(wanted, address), line, wiring.system, prices=prices)


def _limits(settings: ModelSettings) -> Limits:
    return Limits(
        tokens=settings.budget_tokens,
        usd=settings.budget_usd,
        team_tokens=settings.team_budget_tokens,
        team_usd=settings.team_budget_usd,
        failures=settings.breaker_failures,
        seconds=settings.breaker_seconds,
    )
