# SPDX-License-Identifier: Apache-2.0
"""Settings: read once, at the edge, from a mapping such as the environment.

Each adapter has its own class of settings; field `redis_url` is the variable
`CLAUDE_MEM_REDIS_URL`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claude_mem_core.domain.keeping import SKIPPED_TOOLS, Keeping
from claude_mem_core.domain.limits import Allowance, Caps, Paces
from claude_mem_core.domain.redaction.redactor import Redactor
from claude_mem_core.domain.redaction.spans import Rule
from claude_mem_core.errors import ConfigurationError

PREFIX = "CLAUDE_MEM_"

PROVIDERS: Mapping[str, str] = {"claude": "anthropic", "openrouter": "openai"}
"""From the reference system's names of providers to the generators that ask them."""


class Settings(BaseModel):
    """The base of every class of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings that `env` gives; an empty variable counts as absent.

        Raises:
            ConfigurationError: It names the variable, its value's fault, the cure.
        """
        names = {name: PREFIX + name.upper() for name in cls.model_fields}
        given = {name: env[key] for name, key in names.items() if env.get(key)}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults = [
                f"{PREFIX}{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                for fault in error.errors(include_url=False)
            ]
            message = "; ".join(faults) + "; correct or unset it"
            raise ConfigurationError(message) from error


class CoreSettings(Settings):
    """Which adapters a process opens, and where its files are.

    Attributes:
        data_dir: The folder of this server's files, of nobody else's.
        idle_turn_minutes: A turn without an event for so long counts as ended.
        event_retention_days: How long the content of events is kept; None: for good.
        audit_retention_days: How long the audit log keeps a row; None: for good.
        generator: What makes memories; that of the named provider when it is left
            out, and `rules` when none is named.
        embedder: What makes vectors of memories; nothing when it is left out: they
            are found by their words.
        server_provider: The model provider, in the words of the reference system.
        generation_disabled: The server takes events and does no work: workers of
            their own processes do it.
        redact_secrets: Secrets are taken out of all that is kept. Off, they are kept.
        excluded_projects: Folders and names of projects of which nothing is kept,
            parted by commas; `*` stands for anything.
        skip_tools: Tools whose calls make no memory, parted by commas.
        skip_subagents: What subagents do makes no memory.
        server_secret: What the server knows and its database does not: at least 32
            bytes in hexadecimal, the same for every process on a store. Made in the
            data folder when it is left out.
        rate_limiter: Who counts requests for all processes on the store; each counts
            for itself when it is left out.
        rate_limit_per_min: Requests of a key in a minute; 0: as many as it likes.
        recall_limit_per_min: Searches and context packs of a key in a minute.
        bulk_limit_per_hour: Deeds of a key that go through a whole project.
        monthly_request_cap: Requests of a team in a month; None: no cap.
        monthly_token_cap: Tokens of models for a team in a month; None: no cap.
        prompt_confidence: How likely a prompt must be answered by what is known of it,
            between 0 and 1, for the agent to be told that; None: it is not told.
    """

    data_dir: Path = Field(default_factory=lambda: Path("~/.claude-mem/server"))
    storage_engine: str = "sqlite"
    queue_engine: str = "sqlite"
    generator: str | None = None
    embedder: str | None = None
    server_provider: str | None = None
    idle_turn_minutes: int = Field(default=30, ge=1)
    event_retention_days: int | None = Field(default=None, ge=1, le=36_500)
    audit_retention_days: int | None = Field(default=None, ge=1, le=36_500)
    generation_disabled: bool = False
    redact_secrets: bool = True
    excluded_projects: str = ""
    skip_tools: str = ",".join(sorted(SKIPPED_TOOLS))
    skip_subagents: bool = False
    server_secret: str | None = Field(default=None, repr=False)
    rate_limiter: str | None = None
    rate_limit_per_min: int = Field(default=600, ge=0, le=1_000_000)
    recall_limit_per_min: int = Field(default=120, ge=0, le=1_000_000)
    bulk_limit_per_hour: int = Field(default=6, ge=0, le=1_000_000)
    monthly_request_cap: int | None = Field(default=None, ge=1)
    monthly_token_cap: int | None = Field(default=None, ge=1)
    prompt_confidence: float | None = Field(default=None, ge=0, le=1)

    @property
    def generator_name(self) -> str:
        """The generator that is meant, by its name among the installed ones."""
        if self.generator is not None:
            return self.generator
        named = self.server_provider or "rules"
        return PROVIDERS.get(named, named)

    @property
    def retention(self) -> timedelta | None:
        """How long the content of events is kept; None: for good."""
        return _days(self.event_retention_days)

    @property
    def audit_retention(self) -> timedelta | None:
        """How long the audit log keeps a row; None: for good."""
        return _days(self.audit_retention_days)

    @property
    def paces(self) -> Paces:
        """How often each key may ask."""
        minute, hour = timedelta(minutes=1), timedelta(hours=1)
        return Paces(
            usual=_allowance("usual", self.rate_limit_per_min, minute, at_once=6),
            recall=_allowance("recall", self.recall_limit_per_min, minute, at_once=2),
            bulk=_allowance("bulk", self.bulk_limit_per_hour, hour, at_once=1),
        )

    @property
    def caps(self) -> Caps:
        """What each team may use in a month."""
        return Caps(requests=self.monthly_request_cap, tokens=self.monthly_token_cap)

    @property
    def folder(self) -> Path:
        """The data folder as an absolute path."""
        return self.data_dir.expanduser().absolute()

    def keeping(self, rules: Iterable[Rule]) -> Keeping:
        """The rules for what is kept; `rules` find secrets beside our own."""
        patterns = (_from_home(one) for one in _parted(self.excluded_projects))
        return Keeping(
            redactor=Redactor(rules, finds_secrets=self.redact_secrets),
            excluded_projects=tuple(patterns),
            skipped_tools=frozenset(_parted(self.skip_tools)),
            skips_subagents=self.skip_subagents,
        )


def _days(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(days=count)


def _allowance(
    name: str, amount: int, per: timedelta, *, at_once: int
) -> Allowance | None:
    """So many in a span, of which a share may come at once; None for 0: no limit."""
    if amount == 0:
        return None
    return Allowance(name, amount, per, max(1, amount // at_once))


def _parted(listed: str) -> list[str]:
    return [one for part in listed.split(",") if (one := part.strip())]


def _from_home(pattern: str) -> str:
    return str(Path(pattern).expanduser()) if pattern.startswith("~") else pattern
