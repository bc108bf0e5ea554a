# SPDX-License-Identifier: Apache-2.0
"""The same answer in JSON: its schema, and how it becomes the blocks that XML does.

What is cut off at the end of the answer is left out here too. A value of another type
than the schema's is left out: a server may be asked for a schema, and not keep to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from claude_mem_core.domain.value import JsonObject
from pydantic import JsonValue
from pydantic_core import from_json

from claude_mem_generator_llm.answers import (
    MOST_OBSERVATIONS,
    Block,
    ReadAnswer,
    class_of_prose,
    observed,
    summed_up,
    without_fence,
)
from claude_mem_generator_llm.escaping import unescaped
from claude_mem_generator_llm.modes import Mode
from claude_mem_generator_llm.vocabulary import (
    OBSERVATION,
    SKIP,
    SUBTITLE_WORDS,
    SUMMARY_PARTS,
    Wanted,
)

OBSERVATIONS = "observations"
TEXTS = ("type", "title", "subtitle", "narrative")
LISTS: Mapping[str, str] = {
    "facts": "fact",
    "concepts": "concept",
    "files_read": "file",
    "files_modified": "file",
}
"""The lists of an observation, and what one item of each is in XML."""

MOST: Mapping[str, int] = {OBSERVATIONS: 5, "facts": 8, "concepts": 3}
MOST_OF_ANY = 10
"""Items of a list: what is held to a form ends only where that says so, and a small
model repeats itself for as long as it may."""

# In sentences: of an example in JSON, a small model answers with the example.
JSON_FORMS: Mapping[Wanted, str] = {
    "observation": f"""One JSON object. Its list {OBSERVATIONS} holds objects with
title (a few words), subtitle (at most {SUBTITLE_WORDS} words), facts (a list of
sentences), narrative (a paragraph), type, concepts, files_read, files_modified (lists)
and evidence (the list of the numbers n of the events that show it).""",
    "summary": f"""One JSON object of {", ".join(SUMMARY_PARTS)}, each a
sentence or two, and evidence (the list of the numbers n of the events that show
it).""",
}
JSON_SKIP = f"with an object in which nothing but {SKIP} is filled in, and says why"

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "integer"}


def schema_of(wanted: Wanted, mode: Mode) -> JsonObject:
    """The JSON Schema of an answer, in the words that most servers know."""
    if wanted == OBSERVATION:
        each = _list(OBSERVATIONS, _observation(mode))
        return _object({OBSERVATIONS: each, SKIP: _TEXT})
    parts: JsonObject = dict.fromkeys(SUMMARY_PARTS, _TEXT)
    return _object({**parts, "evidence": _list("evidence", _NUMBER), SKIP: _TEXT})


def _observation(mode: Mode) -> JsonObject:
    """What a model is to write, before how it is to sort that."""
    return _object(
        {
            "title": _TEXT,
            "subtitle": _TEXT,
            "facts": _list("facts", _TEXT),
            "narrative": _TEXT,
            "type": _one_of(mode.types),
            "concepts": _list("concepts", _one_of(mode.concepts)),
            "files_read": _list("files_read", _TEXT),
            "files_modified": _list("files_modified", _TEXT),
            "evidence": _list("evidence", _NUMBER),
        }
    )


def _one_of(names: Iterable[str]) -> JsonObject:
    return {"type": "string", "enum": list(names)}


def _object(properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(name: str, items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items, "maxItems": MOST.get(name, MOST_OF_ANY)}


def read_json_answer(text: str, wanted: Wanted) -> ReadAnswer:
    """What an answer in JSON says to the question for an observation, or a summary.

    What it tells counts before a reason to tell nothing: a model that is held to a form
    fills in all of it.
    """
    plain = without_fence(text).strip()
    if not plain.startswith(("{", "[")):
        return ReadAnswer(class_of_prose(plain, has_tags=False))
    data = _json(plain)
    if data is None:
        return ReadAnswer("drift")
    told = (
        _observations(data)
        if wanted == OBSERVATION
        else summed_up([_texts(data, SUMMARY_PARTS)])
    )
    reason = _text(data.get(SKIP))
    if told.kind == "empty" and reason:
        return ReadAnswer("skip", reason=reason)
    return told


def _json(text: str) -> JsonObject | None:
    """The object that a text is, or begins."""
    try:
        data: JsonValue = from_json(text, allow_partial=True)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _observations(data: JsonObject) -> ReadAnswer:
    given = data.get(OBSERVATIONS, [])
    if not isinstance(given, list):
        return ReadAnswer("drift")
    objects = [one for one in given if isinstance(one, dict)]
    return observed(map(_block, objects[:MOST_OBSERVATIONS]))


def _block(given: JsonObject) -> Block:
    """The block that the observation would be in XML."""
    block = _texts(given, TEXTS)
    for name, item in LISTS.items():
        for one in _items(given.get(name)):
            block.put(item, name, _text(one))
    return block


def _texts(given: JsonObject, names: Iterable[str]) -> Block:
    block = Block()
    for name in names:
        block.put(name, "", _text(given.get(name)))
    block.put("evidence", "", " ".join(_numbers(_items(given.get("evidence")))))
    return block


def _numbers(items: Iterable[JsonValue]) -> Iterator[str]:
    for one in items:
        if isinstance(one, int) and not isinstance(one, bool) and one > 0:
            yield str(one)


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    """The text, of which a model may have left the data's escapes as they were."""
    return unescaped(value).strip() if isinstance(value, str) else ""
