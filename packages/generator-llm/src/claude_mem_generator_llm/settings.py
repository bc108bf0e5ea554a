# SPDX-License-Identifier: Apache-2.0
"""What a user sets about models, and what must be set before one is asked."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.settings import PREFIX, PROVIDERS, Settings
from pydantic import AfterValidator, ConfigDict, Field, SecretStr

Format = Literal["anthropic", "gemini", "openai"]
"""The wire formats, by the names of the generators that speak them."""

AnswerFormat = Literal["xml", "json_schema"]
"""How a model writes: XML as it is told to, or JSON as its server holds it to."""

HAIKU = "claude-haiku-4-5-20251001"
"""The model of Anthropic's that the reference system asks where none is named."""


def _url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must begin with http:// or https:// and name a host")
    if parts.username or parts.password:
        raise ValueError("it must hold no password: a key has a setting of its own")
    return given


def _key(given: SecretStr) -> SecretStr:
    key = given.get_secret_value()
    if not (key.isascii() and key.isprintable() and key == key.strip()):
        raise ValueError("it must be printable ASCII without spaces around it")
    return given


Url = Annotated[str, AfterValidator(_url)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Price = Annotated[Decimal, Field(ge=0, le=100_000)]
Budget = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]


class ModelSettings(Settings):
    """Which model is asked, with which key, how patiently, and for how much.

    Attributes:
        generator: The generator that was asked for by name.
        server_provider: The provider, in the words of the reference system.
        openrouter_answer_format: How an OpenAI-compatible endpoint is to answer.
        provider_timeout_seconds: How long one call may take.
        provider_proxy: The proxy that calls go through; the environment's own
            settings of proxies are not looked at.
        model_input_bytes: The largest prompt, in UTF-8.
        model_output_tokens: The largest answer that is asked for.
        model_input_price: US dollars for a million tokens of prompt.
        model_output_price: US dollars for a million tokens of answer.
        budget_tokens: Tokens of a day (UTC), of all teams together.
        budget_usd: US dollars of a day, of all teams together.
        team_budget_tokens: Tokens of a day, of each team.
        team_budget_usd: US dollars of a day, of each team.
        breaker_failures: After so many failures in a row the provider is left alone.
        breaker_seconds: For so long.
        mode: The set of prompts, by its name.
        modes_dir: A folder with sets of prompts.
    """

    model_config = ConfigDict(hide_input_in_errors=True, protected_namespaces=())

    generator: str | None = None
    server_provider: str | None = None
    server_model: str | None = None
    anthropic_api_key: Key | None = None
    anthropic_base_url: Url = "https://api.anthropic.com"
    gemini_api_key: Key | None = None
    gemini_base_url: Url = "https://generativelanguage.googleapis.com"
    openrouter_api_key: Key | None = None
    openrouter_base_url: Url = "https://openrouter.ai/api/v1"
    openrouter_answer_format: AnswerFormat = "xml"
    provider_timeout_seconds: float = Field(default=30, gt=0, le=3600)
    provider_proxy: Annotated[str, AfterValidator(_url)] | None = None
    model_input_bytes: int = Field(default=200_000, ge=2_000, le=10_000_000)
    model_output_tokens: int = Field(default=2_048, ge=16, le=100_000)
    model_input_price: Price | None = None
    model_output_price: Price | None = None
    budget_tokens: int | None = Field(default=None, ge=0)
    budget_usd: Budget | None = None
    team_budget_tokens: int | None = Field(default=None, ge=0)
    team_budget_usd: Budget | None = None
    breaker_failures: int = Field(default=5, ge=1, le=1_000)
    breaker_seconds: int = Field(default=60, ge=1, le=86_400)
    mode: str = "code"
    modes_dir: Path | None = None

    @property
    def named_provider(self) -> str | None:
        """The format of the provider that is named, None when none is."""
        named = self.server_provider
        return None if named is None else PROVIDERS.get(named, named)

    @property
    def is_priced(self) -> bool:
        """Whether a call's cost in money can be told."""
        return None not in (self.model_input_price, self.model_output_price)


def format_of(settings: ModelSettings) -> Format:
    """The provider that `auto` asks.

    Raises:
        ConfigurationError: None is named, or one that nobody knows.
    """
    known: tuple[Format, ...] = ("anthropic", "gemini", "openai")
    for one in known:
        if one == settings.named_provider:
            return one
    names = "claude, gemini, openrouter or openai"
    raise _required("SERVER_PROVIDER", "names no known provider", f"set it to {names}")


def require_ready(settings: ModelSettings, wanted: Format) -> None:
    """Refuse what could only fail later, at the first call.

    Raises:
        ConfigurationError: It names the variable that is missing or wrong.
    """
    if settings.named_provider not in (None, wanted):
        cause = f"names another provider than CLAUDE_MEM_GENERATOR, {wanted}"
        raise _required("SERVER_PROVIDER", cause, "unset one of the two")
    key, variable = key_of(settings, wanted)
    if key is None and not (wanted == "openai" and _is_near(settings)):
        cure = f"set it to your key, or {PREFIX}GENERATOR to rules"
        raise _required(variable, "is not set", cure)
    if wanted != "anthropic" and settings.server_model is None:
        raise _required("SERVER_MODEL", "is not set", "name the model to ask")
    if wanted != "openai" and settings.openrouter_answer_format != "xml":
        cause = f"is json_schema, which {wanted} is never asked for"
        raise _required("OPENROUTER_ANSWER_FORMAT", cause, "unset it")
    _require_prices(settings)


def model_of(settings: ModelSettings) -> str:
    """The model to ask, word for word as the user named it."""
    return settings.server_model or HAIKU


def key_of(settings: ModelSettings, wanted: Format) -> tuple[SecretStr | None, str]:
    """The key for a provider, and the variable that holds it."""
    if wanted == "anthropic":
        return settings.anthropic_api_key, "ANTHROPIC_API_KEY"
    if wanted == "gemini":
        return settings.gemini_api_key, "GEMINI_API_KEY"
    return settings.openrouter_api_key, "OPENROUTER_API_KEY"


def _require_prices(settings: ModelSettings) -> None:
    budgets = (settings.budget_usd, settings.team_budget_usd)
    if budgets != (None, None) and not settings.is_priced:
        cause = "is not set, and a budget in money is"
        cure = f"set it and {PREFIX}MODEL_OUTPUT_PRICE, in USD per million tokens"
        raise _required("MODEL_INPUT_PRICE", cause, cure)


def _is_near(settings: ModelSettings) -> bool:
    """Whether the endpoint is on this machine or its network, and needs no key."""
    host = urlsplit(settings.openrouter_base_url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def _required(variable: str, cause: str, cure: str) -> ConfigurationError:
    return ConfigurationError(f"setup_required: {PREFIX}{variable} {cause}; {cure}")
