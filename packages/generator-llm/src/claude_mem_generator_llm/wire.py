# SPDX-License-Identifier: Apache-2.0
"""Three ways to say the same: Anthropic's, Gemini's and everybody else's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol
from urllib.parse import quote

from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue, SecretStr
from typing_extensions import override

from claude_mem_generator_llm.settings import Format

ANTHROPIC_VERSION = "2026-10-21"
"""The version of Anthropic's API, and how a key is sent to it, are those that its own
client of these days has."""

Stop = Literal["end", "length", "refused"]
"""Why an answer ends: it is whole, it was cut, or the model would not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is, and the key to it."""

    base_url: str
    model: str
    key: SecretStr | None

    @property
    def base(self) -> str:
        """The address without a slash at its end."""
        return self.base_url.rstrip("/")

    @property
    def secret(self) -> str:
        """The key itself; empty where none is needed."""
        return "" if self.key is None else self.key.get_secret_value()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what the model is to do, and what with.

    Attributes:
        schema: The JSON Schema that the answer is held to; None leaves the model free.
    """

    system: str
    user: str
    max_tokens: int
    schema: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, and what it counted.

    Attributes:
        input_tokens: None when it does not say.
        output_tokens: None when it does not say.
    """

    text: str
    stop: Stop
    input_tokens: int | None
    output_tokens: int | None


class WireFormat(Protocol):
    """A way to ask, and to read the answer."""

    name: ClassVar[Format]

    @property
    @abstractmethod
    def model(self) -> str:
        """The model that is asked."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is asked."""

    @property
    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """What says who asks: secret."""

    @abstractmethod
    def body(self, asked: Asked) -> JsonObject:
        """The question."""

    @abstractmethod
    def reply(self, data: JsonObject) -> Reply:
        """The answer; one without text where there is none."""


class _AtAddress(WireFormat):
    def __init__(self, address: Address) -> None:
        self._at = address

    @property
    @override
    def model(self) -> str:
        return self._at.model


class Anthropic(_AtAddress):
    """Anthropic's messages."""

    name = "anthropic"

    @property
    @override
    def url(self) -> str:
        return f"{self._at.base}/v1/messages"

    @property
    @override
    def headers(self) -> Mapping[str, str]:
        return {
            "Authorization": f"Bearer {self._at.secret}",
            "anthropic-version": ANTHROPIC_VERSION,
        }

    @override
    def body(self, asked: Asked) -> JsonObject:
        return {
            "model": self._at.model,
            "max_tokens": asked.max_tokens,
            "system": asked.system,
            "messages": [{"role": "user", "content": asked.user}],
        }

    @override
    def reply(self, data: JsonObject) -> Reply:
        usage = _dict(data.get("usage"))
        read = [
            _count(usage.get(name))
            for name in (
                "input_tokens",
                "cache_creation_input_tokens",
                "cache_read_input_tokens",
            )
        ]
        pieces = (_str(one.get("text")) for one in _dicts(data.get("content")))
        ends: dict[JsonValue, Stop] = {"max_tokens": "length", "refusal": "refused"}
        return Reply(
            text="".join(pieces),
            stop=ends.get(_str(data.get("stop_reason")), "end"),
            input_tokens=None if read[0] is None else sum(n or 0 for n in read),
            output_tokens=_count(usage.get("output_tokens")),
        )


class Gemini(_AtAddress):
    """Gemini's generateContent."""

    name = "gemini"

    @property
    @override
    def url(self) -> str:
        model = quote(self._at.model.removeprefix("models/"), safe="")
        return f"{self._at.base}/v1/models/{model}:generateContent"

    @property
    @override
    def headers(self) -> Mapping[str, str]:
        return {"x-goog-api-key": self._at.secret}

    @override
    def body(self, asked: Asked) -> JsonObject:
        return {
            "systemInstruction": {"parts": [{"text": asked.system}]},
            "contents": [{"role": "user", "parts": [{"text": asked.user}]}],
            "generationConfig": {"maxOutputTokens": asked.max_tokens},
        }

    @override
    def reply(self, data: JsonObject) -> Reply:
        best = next(_dicts(data.get("candidates")), {})
        parts = _dicts(_dict(best.get("content")).get("parts"))
        usage = _dict(data.get("usageMetadata"))
        out = _count(usage.get("candidatesTokenCount"))
        thought = _count(usage.get("thoughtsTokenCount")) or 0
        blocked = _dict(data.get("promptFeedback")).get("blockReason")
        return Reply(
            text="".join(_str(p.get("text")) for p in parts if not p.get("thought")),
            stop="refused" if blocked else self._stop(best),
            input_tokens=_count(usage.get("promptTokenCount")),
            output_tokens=None if out is None else out + thought,
        )

    @staticmethod
    def _stop(best: JsonObject) -> Stop:
        reason = _str(best.get("finishReason"))
        if reason == "MAX_TOKENS":
            return "length"
        refusals = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII")
        return "refused" if reason in refusals else "end"


class OpenAi(_AtAddress):
    """Chat completions, as OpenRouter, Ollama, vLLM and llama.cpp take them too."""

    name = "openai"

    @property
    @override
    def url(self) -> str:
        path = "/chat/completions"
        return self._at.base if self._at.base.endswith(path) else self._at.base + path

    @property
    @override
    def headers(self) -> Mapping[str, str]:
        secret = self._at.secret
        return {"Authorization": f"Bearer {secret}"} if secret else {}

    @override
    def body(self, asked: Asked) -> JsonObject:
        return {
            "model": self._at.model,
            "max_tokens": asked.max_tokens,
            "messages": [
                {"role": "system", "content": asked.system},
                {"role": "user", "content": asked.user},
            ],
            **({"response_format": _held_to(asked.schema)} if asked.schema else {}),
        }

    @override
    def reply(self, data: JsonObject) -> Reply:
        best = next(_dicts(data.get("choices")), {})
        message, usage = _dict(best.get("message")), _dict(data.get("usage"))
        ends: dict[JsonValue, Stop] = {"length": "length", "content_filter": "refused"}
        stop = ends.get(_str(best.get("finish_reason")), "end")
        return Reply(
            text=_str(message.get("content")),
            stop="refused" if message.get("refusal") else stop,
            input_tokens=_count(usage.get("prompt_tokens")),
            output_tokens=_count(usage.get("completion_tokens")),
        )


def wire_format(name: Format, address: Address) -> WireFormat:
    """The way that a provider is asked."""
    kinds: dict[Format, type[_AtAddress]] = {
        "anthropic": Anthropic,
        "gemini": Gemini,
        "openai": OpenAi,
    }
    return kinds[name](address)


def _held_to(schema: JsonObject) -> JsonObject:
    named: JsonObject = {"name": "memory", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def _dict(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _dicts(value: JsonValue) -> Iterator[JsonObject]:
    return (
        (each for each in value if isinstance(each, dict))
        if isinstance(value, list)
        else iter(())
    )


def _str(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _count(value: JsonValue) -> int | None:
    counts = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if counts and isinstance(value, int) else None
