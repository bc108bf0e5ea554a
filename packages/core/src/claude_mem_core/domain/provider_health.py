# SPDX-License-Identifier: Apache-2.0
"""How a generator says that the provider which it asks is."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_mem_core.domain.value import JsonObject


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """How a provider is, free of secrets and of content.

    Attributes:
        problem: Why it is not asked now, in words for an operator; None when it is.
        details: What an operator may want to know besides.
    """

    problem: str | None = None
    details: JsonObject = field(default_factory=dict)
