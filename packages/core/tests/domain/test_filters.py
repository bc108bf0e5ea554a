# SPDX-License-Identifier: Apache-2.0
"""Filters are read in every form that agents send, and refused by name."""

from __future__ import annotations

import pytest
from claude_mem_core.domain.context_pack import ContextQuery
from claude_mem_core.domain.memory_request import MemoryRequest
from claude_mem_core.domain.paths import matches
from claude_mem_core.domain.search import SearchQuery
from claude_mem_core.domain.timeline import TimelineQuery
from claude_mem_core.domain.value import Value
from claude_mem_core.errors import InvalidInputError

DAY = 86_400_000
MARCH = 1_772_323_200_000


def asked(**fields: object) -> SearchQuery:
    return SearchQuery.from_wire({"projectId": "p", **fields})


def fault(**fields: object) -> str:
    with pytest.raises(InvalidInputError) as refused:
        asked(**fields)
    [issue] = refused.value.issues
    return f"{issue.field}: {issue.cause}; {issue.cure}"


@pytest.mark.parametrize(
    "form",
    [
        *(["a", "b"], ("a", "b"), "a,b", " a , b ,", '["a", "b"]', ' ["a","b"]'),
        *(
            ['["a", "b"]'],
            "['a', 'b']",
            "[a, b]",
            '"a", "b"',
            "'a','b'",
            ["a", '["b"]'],
        ),
    ],
    ids=str,
)
def test_a_list_is_read_in_every_form(form: object) -> None:
    assert asked(concept=form).concept == ("a", "b")
    assert MemoryRequest.from_wire({"ids": form}).ids == ("a", "b")


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("a", ("a",)),
        (None, ()),
        ("", ()),
        ([], ()),
        ("[]", ()),
        (["a,b"], ("a,b",)),
        ("[01a2, 01b3]", ("01a2", "01b3")),
        ('"a"', ("a",)),
        ("['a']", ("a",)),
        ('"a, b"', ("a, b",)),
        ("don't", ("don't",)),
        ("'tis", ("'tis",)),
        ("'a' or 'b'", ("'a' or 'b'",)),
        ('a "b"', ('a "b"',)),
        ('"', ('"',)),
        ("[", ("[",)),
        ('"a"' + "[" * 100_000 + '"', ('"a"' + "[" * 100_000 + '"',)),
        ("[slug]", ("[slug]",)),
        ("[...all]", ("[...all]",)),
        ("[slug]/page.tsx", ("[slug]/page.tsx",)),
        ("[1]/page.tsx", ("[1]/page.tsx",)),
    ],
)
def test_a_single_value_is_a_list_of_one(form: object, value: object) -> None:
    assert asked(file=form).file == value


def test_a_list_that_is_none_is_refused_by_name() -> None:
    assert fault(file='["a') == (
        "file: it starts as a JSON list and is none; close the list"
    )
    assert fault(file=['["a'])[:5] == "file:"
    assert fault(kind="bugfix").startswith("kind.0: Input should be 'observation'")
    assert fault(type=[1]).startswith("type.0: ")
    assert fault(author=7).startswith("author.0: ")
    assert fault(trust="nobody").startswith("trust.0: Input should be 'user'")
    assert fault(sessionId=[str(n) for n in range(101)]).endswith("; send fewer")


def test_a_platform_is_named_as_anybody_names_it() -> None:
    assert asked(platformSource="Claude Code,codex").platform_source == (
        "claude",
        "codex",
    )


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-03-01", MARCH, MARCH + DAY - 1),
        ("2026-03-01T00:00:00Z", MARCH, MARCH),
        ("2026-03-01T00:00", MARCH, MARCH),
        ("2026-03-01 01:00:00+01:00", MARCH, MARCH),
        ("2026-03-01T00:00:00.250Z", MARCH + 250, MARCH + 250),
        ("2026-03-01T00:00:00.250999999Z", MARCH + 250, MARCH + 250),
        (str(MARCH), MARCH, MARCH),
        (MARCH, MARCH, MARCH),
        (5, 5, 5),
    ],
)
def test_a_moment_is_a_day_a_time_or_an_epoch(
    text: object, start: int, end: int
) -> None:
    assert asked(dateStart=text).date_start == start
    assert asked(dateEnd=text).date_end == end
    assert asked(asOf=text).as_of == end


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026", "20260301", "2026-02-30", "1772323200", "2026-03-01T25:00"],
)
@pytest.mark.parametrize("field", ["dateStart", "dateEnd", "asOf", "knownAt"])
def test_a_moment_that_is_none_is_refused_by_name(field: str, text: str) -> None:
    assert fault(**{field: text}) == (
        f"{field}: '{text}' is no day, no time and no epoch; "
        "send a day such as 2026-03-01, a time such as 2026-03-01T12:00:00Z, "
        "or milliseconds since 1970"
    )


@pytest.mark.parametrize("value", [-1, 1.5, True, "1969-12-31", 10**18])
def test_a_moment_out_of_bounds_is_refused_by_name(value: object) -> None:
    assert fault(dateStart=value).startswith("dateStart: ")


@pytest.mark.parametrize(
    ("query", "told", "cure"),
    [
        (SearchQuery, {"minConfidence": "x"}, "send a number"),
        (SearchQuery, {"minConfidence": []}, "send a number"),
        (SearchQuery, {"type": "x" * 513}, "send fewer characters"),
        (ContextQuery, {"tokenBudget": 0}, "send a number in these bounds"),
        (ContextQuery, {"projectId": None}, "send one of the two"),
        (MemoryRequest, {"projectId": None, "ids": []}, "send more"),
    ],
)
def test_a_rule_that_is_broken_is_told_with_its_cure(
    query: type[Value], told: dict[str, object], cure: str
) -> None:
    body = {"projectId": "p", **told}
    with pytest.raises(InvalidInputError) as refused:
        query.from_wire({name: one for name, one in body.items() if one is not None})

    [issue] = refused.value.issues
    assert issue.cure == cure


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    told = fault(dateStart="2026-03-02", dateEnd="2026-03-01")

    assert told == "body: dateStart is after dateEnd; swap the two"


def test_one_project_or_several_are_named_in_one_way() -> None:
    several = SearchQuery.from_wire({"projectIds": "a,b"})

    assert several.project_ids == ("a", "b")
    for given in ({}, {"projectId": "a", "projectIds": ["b"]}, {"projectIds": []}):
        with pytest.raises(InvalidInputError, match="one of projectId, projectIds"):
            SearchQuery.from_wire(given)


@pytest.mark.parametrize("anchor", ["", "x" * 257, -5, 10**18, 1.5, True, ["x"], {}])
def test_what_can_be_no_anchor_is_refused_in_one_sentence(anchor: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        TimelineQuery.from_wire({"projectId": "p", "anchor": anchor})

    assert str(refused.value) == (
        "anchor: it is no id and no moment; "
        "send the id of a memory or a session, a day, a time, or an epoch"
    )


def test_a_timeline_has_one_anchor() -> None:
    for given in ({}, {"anchor": "m", "query": "x"}):
        with pytest.raises(InvalidInputError, match="anchor or query is needed"):
            TimelineQuery.from_wire({"projectId": "p", **given})
    line = TimelineQuery.from_wire({"projectId": "p", "anchor": 5})
    assert (line.depth_before, line.depth_after, line.anchor) == (10, 10, 5)


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("/home/me/app/src/lamp.py", "src/lamp.py"),
        ("src/lamp.py", "/home/me/app/src/lamp.py"),
        ("C:\\app\\src\\lamp.py", "src/lamp.py"),
        ("src//lamp.py", "src/lamp.py/"),
        ("//host/share/lamp.py", "\\\\host\\share\\lamp.py"),
        ("src/lamp.py", "src"),
        ("/home/me/app/src/lamp.py", "app/src/"),
        ("src/lamp.py", "/home/me/app/src"),
        ("./lamp.py", "lamp.py"),
    ],
)
def test_a_path_is_matched_by_whole_segments(stored: str, wanted: str) -> None:
    assert matches(stored, wanted)


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("src/deep/lamp.py", "src"),
        ("src/xlamp.py", "lamp.py"),
        ("src/lamp.py", "amp.py"),
        ("src/lamp.py", "other/lamp.py"),
        ("lamp.py", ""),
        ("lamp.py", "/"),
        ("src/Lamp.py", "src/lamp.py"),
    ],
)
def test_another_path_is_not_matched(stored: str, wanted: str) -> None:
    assert not matches(stored, wanted)
