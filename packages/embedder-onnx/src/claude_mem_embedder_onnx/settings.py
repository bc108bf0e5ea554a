# SPDX-License-Identifier: Apache-2.0
"""What a user sets about the model."""

from __future__ import annotations

from typing import Annotated, Literal

from claude_mem_core.errors import ConfigurationError
from claude_mem_core.settings import PREFIX, Settings
from pydantic import AfterValidator, Field

Precision = Literal["int8", "fp32"]
"""How the weights of an installed model are computed with."""


def _digest(given: str) -> str:
    digest = given.lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):  # noqa: PLR2004
        raise ValueError("it must be a SHA-256 of 64 hexadecimal digits")
    return digest


class OnnxSettings(Settings):
    """Which model makes the vectors, and with how much of the machine.

    Attributes:
        embedder_model: A folder with `model.onnx` and `tokenizer.json`, or the name
            of an installed distribution that carries a model.
        embedder_sha256: The SHA-256 that the model's weights must have.
        embedder_precision: How the weights of an installed model are computed with.
        embedder_threads: Processors that one text may keep busy.
    """

    embedder_model: str | None = None
    embedder_sha256: Annotated[str, AfterValidator(_digest)] | None = None
    embedder_precision: Precision = "int8"
    embedder_threads: int = Field(default=1, ge=1, le=64)


def model_of(settings: OnnxSettings) -> str:
    """The model that is named.

    Raises:
        ConfigurationError: None is.
    """
    if settings.embedder_model is None:
        raise wrong(
            "EMBEDDER_MODEL",
            "is not set",
            "name a folder with model.onnx and tokenizer.json, or an installed "
            "distribution that carries a model",
        )
    return settings.embedder_model


def wrong(variable: str, cause: str, cure: str) -> ConfigurationError:
    """The error of a setting, in one sentence."""
    return ConfigurationError(f"{PREFIX}{variable} {cause}; {cure}")
