# SPDX-License-Identifier: Apache-2.0
"""Where a model's files are, and whether its weights are those that were meant."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from claude_mem_embedder_onnx.settings import wrong

KNOWN: Mapping[str, str] = {
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db": (
        "all-MiniLM-L6-v2"
    ),
}
"""SHA-256 of weights as their makers publish them, and what they are called."""

TOKENIZER = "tokenizer.json"
_WEIGHTS = ("model.onnx", "model.safetensors")


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a model, of which the weights were looked at.

    Attributes:
        weights: `model.onnx`, or `model.safetensors` that a graph is made of.
        digest: SHA-256 of the weights, hexadecimal.
    """

    name: str
    weights: Path
    tokenizer: Path
    digest: str

    @property
    def is_graph(self) -> bool:
        """Whether the weights are a graph that can be run as it is."""
        return self.weights.suffix == ".onnx"


def model_files(named: str, expected: str | None) -> ModelFiles:
    """The files of the model of this name.

    Weights of an installed distribution, which anybody can publish, are taken only
    where their SHA-256 is known or given.

    Raises:
        ConfigurationError: They are not there, or not those that were meant.
    """
    folder = Path(named).expanduser()
    is_folder = folder.is_dir()
    if not is_folder:
        folder = _folder_of(named)
    weights = _one_of(folder, *_WEIGHTS, named=named)
    tokenizer = _one_of(folder, TOKENIZER, named=named)
    digest = _digest(weights)
    _require_meant(weights, digest, expected, is_trusted=is_folder)
    name = KNOWN.get(digest, folder.name if is_folder else named)
    return ModelFiles(name, weights, tokenizer, digest)


def _folder_of(named: str) -> Path:
    """The folder in which an installed distribution keeps its weights."""
    try:
        files = distribution(named).files or []
    except (PackageNotFoundError, ValueError):
        raise wrong(
            "EMBEDDER_MODEL",
            f"names neither a folder nor an installed distribution: {named!r}",
            "name one that is there",
        ) from None
    for file in files:
        if file.name in _WEIGHTS:
            return Path(str(file.locate())).parent
    raise wrong(
        "EMBEDDER_MODEL",
        f"names a distribution without {' or '.join(_WEIGHTS)}: {named!r}",
        "name one that carries a model",
    )


def _one_of(folder: Path, *names: str, named: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    cause = f"has no {' or '.join(names)}: {named!r}"
    raise wrong("EMBEDDER_MODEL", cause, "put it beside the other files")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        cause = f"cannot be read: {path}: {error.strerror}"
        raise wrong("EMBEDDER_MODEL", cause, "make it readable") from error


def _require_meant(
    weights: Path, digest: str, expected: str | None, *, is_trusted: bool
) -> None:
    if expected not in (None, digest):
        raise wrong(
            "EMBEDDER_SHA256",
            f"is {expected}, and the weights in {weights} have {digest}",
            "they are others than you meant: get the right ones, or correct it",
        )
    if expected is None and not is_trusted and digest not in KNOWN:
        raise wrong(
            "EMBEDDER_SHA256",
            f"is not set, and the weights in {weights} are not known: {digest}",
            "if that is the SHA-256 that their maker names, set it to that",
        )
