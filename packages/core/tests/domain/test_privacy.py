# SPDX-License-Identifier: Apache-2.0
"""What is marked as private goes, whole and in linear time; nothing else does."""

from __future__ import annotations

import time

import pytest
from claude_mem_core.domain.privacy import (
    PRIVATE_TAGS,
    is_wholly_private,
    without_private,
    without_private_json,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("tag", PRIVATE_TAGS)
def test_each_tag_goes_with_what_it_encloses(tag: str) -> None:
    assert without_private(f"keep <{tag}>drop\nthis</{tag}> too") == "keep  too"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a <private>b", "a "),
        ("a <PRIVATE>b</Private> c", "a  c"),
        ('a <private why="x">b</private > c', "a  c"),
        ("a <private>b <private>c</private> d</private> e", "a  e"),
        ("a <private>b <system-reminder>c</private> d", "a  d"),
        ("a <private>1</private> b <private>2</private> c", "a  b  c"),
        ("a <private/> b", "a  b"),
        ("a </private> b", "a  b"),
        ("a <privateer>b</privateer> c", "a <privateer>b</privateer> c"),
        ("a < private > b", "a "),
        ("a <private > b < / private > c", "a  c"),
    ],
)
def test_odd_tags_are_read_on_the_safe_side(text: str, kept: str) -> None:
    assert without_private(text) == kept


@given(st.text(alphabet="ab <>/", max_size=60))
def test_text_without_tags_stays_as_it_is(text: str) -> None:
    assert without_private(text) == text


@given(st.lists(st.sampled_from(["<private>", "</private>", "secret", " "])))
def test_what_comes_out_holds_no_tag(parts: list[str]) -> None:
    assert "private>" not in without_private("".join(parts))


@pytest.mark.parametrize("part", ["<private>", "<private", "</private>", "<private x "])
def test_tags_are_read_in_linear_time(part: str) -> None:
    few, many = (_seconds(part * count) for count in (5_000, 50_000))

    # Ten times as many take ten times as long; were it quadratic, a hundred times.
    assert many < 40 * few


def _seconds(text: str) -> float:
    """The best of three, in which nothing else got in between."""

    def once() -> float:
        began = time.process_time()
        without_private(text)
        return time.process_time() - began

    return min(once() for _ in range(3))


def test_strings_and_keys_anywhere_in_json_are_read() -> None:
    value = {"a<private>b</private>": [1, None, {"c": "d<private>e"}]}

    assert without_private_json(value) == {"a": [1, None, {"c": "d"}]}


def test_a_text_is_wholly_private_only_if_it_said_something() -> None:
    assert is_wholly_private(" <private>all of it</private>\n")
    assert not is_wholly_private("<private>some</private> of it")
    assert not is_wholly_private("  ")


def test_what_a_host_repeats_of_its_hooks_is_no_word_of_the_user() -> None:
    pack = "&lt;claude-mem-context&gt;The lamp burns.&lt;/claude-mem-context&gt;"

    said = without_private(f"<hook_context>{pack}</hook_context>\n\nWhat is next?")

    assert said.strip() == "What is next?"
