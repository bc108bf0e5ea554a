# SPDX-License-Identifier: Apache-2.0
"""What an answer is written in: asked for, held to and read by the same hand."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

from claude_mem_core.domain.value import JsonObject
from typing_extensions import override

from claude_mem_generator_llm.answers import ReadAnswer, read_answer
from claude_mem_generator_llm.json_answers import (
    JSON_FORMS,
    JSON_SKIP,
    read_json_answer,
    schema_of,
)
from claude_mem_generator_llm.modes import Mode
from claude_mem_generator_llm.settings import AnswerFormat
from claude_mem_generator_llm.vocabulary import (
    OBSERVATION_FORM,
    SKIP_FORM,
    SUMMARY_FORM,
    Wanted,
)


class Syntax(Protocol):
    """A syntax of answers.

    Attributes:
        skip: The answer of a model that has nothing to tell.
        forms: The form of any other answer.
        writing: How to write it.
    """

    skip: str
    forms: Mapping[Wanted, str]
    writing: str

    @abstractmethod
    def schema(self, wanted: Wanted, mode: Mode) -> JsonObject | None:
        """The schema that the answer is held to; None for one that is free."""

    @abstractmethod
    def read(self, text: str, wanted: Wanted) -> ReadAnswer:
        """What an answer says."""


class Xml(Syntax):
    """The reference system's: any model can write it, and none is held to it."""

    skip = f"{SKIP_FORM} and nothing else"
    forms: Mapping[Wanted, str] = {
        "observation": OBSERVATION_FORM,
        "summary": SUMMARY_FORM,
    }
    writing = (
        "Answer in XML alone, without a code fence and without a word around it. "
        "Write &lt; &gt;\nand &amp; for these characters inside an element."
    )

    @override
    def schema(self, wanted: Wanted, mode: Mode) -> JsonObject | None:
        return None

    @override
    def read(self, text: str, wanted: Wanted) -> ReadAnswer:
        return read_answer(text, wanted)


class Json(Syntax):
    """JSON: a server that knows `json_schema` lets its model write nothing else."""

    skip = JSON_SKIP
    forms = JSON_FORMS
    writing = "Answer in JSON alone, without a code fence and without a word around it."

    @override
    def schema(self, wanted: Wanted, mode: Mode) -> JsonObject | None:
        return schema_of(wanted, mode)

    @override
    def read(self, text: str, wanted: Wanted) -> ReadAnswer:
        return read_json_answer(text, wanted)


SYNTAXES: Mapping[AnswerFormat, Syntax] = {"xml": Xml(), "json_schema": Json()}
