# SPDX-License-Identifier: Apache-2.0
"""Modes: sets of prompts in files, of which one may build on another.

`code--de` is what `code.toml` says, with what `code--de.toml` says instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claude_mem_core.errors import ConfigurationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_NAME = re.compile(r"[A-Za-z0-9]+(?:-{1,2}[A-Za-z0-9]+)*")


class Mode(BaseModel):
    """A set of prompts.

    Attributes:
        name: As the setting names it.
        role: Who the model is, and what for.
        record: What is worth a memory.
        skip: What is worth none.
        summary: What a summary of a session is to tell.
        language: In which language to write.
        default_type: The type of a memory that names none: one that claims nothing.
        types: What each type of memory means.
        concepts: What each concept means.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    role: str = Field(min_length=1)
    record: str = Field(min_length=1)
    skip: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    language: str = Field(min_length=1)
    default_type: str = Field(min_length=1)
    types: Mapping[str, str] = Field(min_length=1)
    concepts: Mapping[str, str] = Field(min_length=1)


def load_mode(name: str, folders: Sequence[Path]) -> Mode:
    """The mode of this name, from the first folder that has each of its files.

    Raises:
        ConfigurationError: There is no such mode, or it is not one.
    """
    if not _NAME.fullmatch(name):
        raise _unknown(name, folders)
    said = _merged(name, folders)
    try:
        return Mode.model_validate({**said, "name": name})
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        message = f"CLAUDE_MEM_MODE: the mode {name!r} is none: {'; '.join(faults)}"
        raise ConfigurationError(message) from error


def _merged(name: str, folders: Sequence[Path]) -> Mapping[str, Any]:
    """What the file says, over what its parent says."""
    own = _file(name, folders)
    parent = name.rpartition("--")[0]
    return _over(_merged(parent, folders), own) if parent else own


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _over(below, value) if both and below is not None else value
    return merged


def _file(name: str, folders: Sequence[Path]) -> Mapping[str, Any]:
    for folder in folders:
        path = folder / f"{name}.toml"
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            message = f"CLAUDE_MEM_MODE: {path} cannot be read: {error}"
            raise ConfigurationError(message) from error
    raise _unknown(name, folders)


def _unknown(name: str, folders: Sequence[Path]) -> ConfigurationError:
    known = sorted({one.stem for folder in folders for one in folder.glob("*.toml")})
    places = ", ".join(map(str, folders))
    return ConfigurationError(
        f"CLAUDE_MEM_MODE: no mode {name!r}; there are: {', '.join(known) or 'none'}; "
        f"looked in {places}"
    )
