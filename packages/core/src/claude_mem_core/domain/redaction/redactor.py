# SPDX-License-Identifier: Apache-2.0
"""Text and JSON without what is marked as private, and without secrets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import JsonValue
from pydantic_core import PydanticSerializationError, to_json

from claude_mem_core.domain.privacy import (
    TAG,
    free_key,
    has_tags,
    without_private,
    without_private_json,
)
from claude_mem_core.domain.redaction import values
from claude_mem_core.domain.redaction.names import SecretName, secret_name
from claude_mem_core.domain.redaction.scan import OWN, SHORTEST_TEXT, Rules
from claude_mem_core.domain.redaction.spans import MARK, Rule, Span, mark

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cleaned(Generic[T]):
    """A value after what must not be kept was taken out.

    Attributes:
        found: How many secrets of each family there were.
        tags: How many tags marked something as private.
    """

    value: T
    found: Mapping[str, int] = field(default_factory=dict)
    tags: int = 0


class Redactor:
    """Takes out what must not be kept, in memory, before anybody keeps it.

    What it gave is left as it is when it is given in again.

    Args:
        more: Rules beside our own.
        finds_secrets: Without it only what tags mark is taken out.
    """

    def __init__(
        self, more: Iterable[Rule] = (), *, finds_secrets: bool = True
    ) -> None:
        rules = (*OWN, *more) if finds_secrets else ()
        shortest = SHORTEST_TEXT if len(rules) <= len(OWN) else 0
        self._rules = Rules(rules, shortest=shortest)
        self.finds_secrets = finds_secrets

    def text(self, text: str) -> str:
        """The text without what is marked as private, and without secrets."""
        return self.without_secrets(without_private(text))

    def without_secrets(self, text: str) -> str:
        """The text with a mark in the place of every secret."""
        return _written(text, self.secrets(text))

    def secrets(self, text: str) -> Sequence[Span]:
        """The secrets in a text, from left to right."""
        return self._rules.secrets(text)

    def json(self, value: JsonValue) -> Cleaned[JsonValue]:
        """The JSON without private parts and secrets, in strings and in keys.

        A string below a secret's name, such as `password`, is one as a whole.
        """
        whole, tags = _as_text(value), 0
        if has_tags(whole):
            tags = sum(1 for _ in TAG.finditer(whole))
            value = without_private_json(value)
            whole = _as_text(value)
        rules = self._rules.suspects(whole)
        if not rules:
            return Cleaned(value, tags=tags)
        tree = _Tree(rules)
        clear = tree.without_secrets(value)
        return Cleaned(clear if tree.found else value, tree.found, tags)


class _Tree:
    """A walk over JSON with the rules that could find something in it."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.found: Counter[str] = Counter()

    def without_secrets(self, value: JsonValue) -> JsonValue:
        """The value with marks in the place of its secrets."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return self._list(value)
        return value

    def _text(self, text: str) -> str:
        spans = self._rules.secrets(text)
        if not spans:
            return text
        self.found.update(span.family for span in spans)
        return _written(text, spans)

    def _object(self, given: Mapping[str, JsonValue]) -> JsonValue:
        kept: dict[str, JsonValue] = {}
        entry = _named_entry(given)
        hidden = _is_kubernetes_secret(given)
        for key, value in given.items():
            name = entry if entry is not None and key == "value" else secret_name(key)
            if hidden and key in ("data", "stringData"):
                name = SecretName("kubernetes-secret", is_word=True)
            clear = self._named(value, name) if name else self.without_secrets(value)
            kept[free_key(self._text(key), kept)] = clear
        return kept

    def _named(self, value: JsonValue, name: SecretName) -> JsonValue:
        """What stands below a secret's name."""
        if isinstance(value, str):
            clear = self._text(value)
            return clear if _is_told(clear) else self._mark(name.family)
        if isinstance(value, list):
            return [self._named(each, name) for each in value]
        if isinstance(value, dict) and name.family == "kubernetes-secret":
            return {key: self._named(each, name) for key, each in value.items()}
        return self.without_secrets(value)

    def _list(self, given: Sequence[JsonValue]) -> JsonValue:
        match given:
            case [str(key), str(value)] if name := secret_name(key):
                # A header as some libraries write it.
                is_secret = values.is_random(value) and not values.is_gap(value)
                clear = self._mark(name.family) if is_secret else self._text(value)
                return [self._text(key), clear]
        return [self.without_secrets(each) for each in given]

    def _mark(self, family: str) -> str:
        self.found[family] += 1
        return mark(family)


def _written(text: str, spans: Sequence[Span]) -> str:
    if not spans:
        return text
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], mark(span.family)]
        at = span.end
    return "".join((*parts, text[at:]))


def _is_told(text: str) -> bool:
    """Whether a text below a secret's name holds no secret, or holds none any more."""
    return values.is_gap(text) or MARK.search(text) is not None


def _named_entry(given: Mapping[str, JsonValue]) -> SecretName | None:
    """What `{"name": "DB_PASSWORD", "value": ...}` says of its value."""
    name = given.get("name", given.get("key"))
    return secret_name(name) if isinstance(name, str) and "value" in given else None


def _is_kubernetes_secret(given: Mapping[str, JsonValue]) -> bool:
    return given.get("kind") == "Secret"


def _as_text(value: JsonValue) -> str:
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except (PydanticSerializationError, UnicodeEncodeError):
        # Half of a surrogate pair has no UTF-8.
        return json.dumps(value, ensure_ascii=False)
