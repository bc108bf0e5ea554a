# SPDX-License-Identifier: Apache-2.0
"""An index, what is around, and the whole: for people and for programs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs(
    "claude_mem_agents", "claude_mem_http_falcon", "claude_mem_storage_sqlite"
)


def found(shell, *args):
    done = shell("search", *args, "--project", "small", "--json")
    assert done.code == 0, done.err
    return done.json


def test_a_search_shows_an_index_in_80_columns(any_way):
    told = found(any_way, "comma")
    shown = any_way("search", "comma", "--project", "small").out.splitlines()

    assert len(shown) == 2 * len(told["index"])
    assert max(map(len, shown)) <= 80
    for entry, head, title in zip(told["index"], shown[::2], shown[1::2], strict=True):
        assert head.split()[0] == entry["id"]
        assert head.endswith(f" ~{entry['tokens']}")
        assert entry["title"][:40] in title
    assert any("(title: comma" in line or "(text: comma" in line for line in shown)
    full = any_way("search", "comma", "--project", "small", "--full").out
    assert full.startswith(" 1. ")


def test_an_open_file_lifts_what_names_it(any_way):
    plain = found(any_way, "comma")["memories"]
    last = next(one for one in reversed(plain) if one["filesModified"])
    path = last["filesModified"][0]

    lifted = found(any_way, "comma", "--open", path, "--open", "x.py")["memories"]

    ids = [one["id"] for one in lifted]
    assert {one["id"] for one in plain} <= set(ids)
    naming = [path in (*one["filesRead"], *one["filesModified"]) for one in lifted]
    assert naming[0]


def test_every_filter_narrows_a_search(any_way):
    every = found(any_way, "--limit", "100")["memories"]
    [kind] = {one["kind"] for one in every} - {"summary"}
    assert every

    for args in (
        ("--kind", kind),
        ("--kind", "observation,summary"),
        ("--kind", "observation", "--kind", "summary"),
        ("--kind", "prompt,observation", "--kind", "summary"),
        ("--kind", '["observation"]', "--kind", '["summary"]'),
        ("--type", every[0]["type"]),
        ("--session", every[0]["serverSessionId"]),
        ("--platform", "claude"),
        ("--until", "2999-01-01"),
        ("--as-of", "2999-01-01"),
        ("--known-at", "2999-01-01"),
        ("--superseded", "--expired"),
    ):
        assert found(any_way, *args)["memories"], args
    for args in (
        ("--kind", "manual"),
        ("--type", "nothing"),
        ("--concept", "nothing"),
        ("--file", "nothing/at/all.py"),
        ("--session", "nowhere"),
        ("--platform", "codex"),
        ("--author", "nobody"),
        ("--trust", "import"),
        ("--until", "1990-01-01"),
        ("--since", "2999-01-01"),
        ("--as-of", "1990-01-01"),
        ("--known-at", "1990-01-01"),
    ):
        assert not found(any_way, *args)["memories"], args


def test_a_wrong_filter_is_told_by_its_name(any_way):
    for option, value, name in (
        ("--kind", "bugfix", "kind"),
        ("--since", "soon", "dateStart"),
        ("--known-at", "20260301", "knownAt"),
    ):
        done = any_way("search", option, value, "--project", "small", "--json")
        assert done.code == 2
        assert done.json["error"] == "invalid_input"
        assert done.json["message"].startswith(name)


def test_a_timeline_runs_around_what_was_found(any_way):
    every = found(any_way, "--limit", "100")["memories"]
    anchor = every[0]["id"]

    done = any_way("timeline", anchor, "--project", "small", "--json").json
    shown = any_way("timeline", anchor, "--before", "0", "--project", "small").out
    asked = any_way("timeline", "--query", "comma", "--project", "small", "--json")

    assert (done["anchorId"], done["memories"][-1]["id"]) == (anchor, anchor)
    assert [one["id"] for one in done["index"]] == [
        one["id"] for one in reversed(every)
    ]
    assert shown.startswith(anchor)
    assert "(anchor)" in shown
    assert asked.json["anchorId"]
    for wrong, code in (((), 2), (("nowhere",), 1)):
        assert any_way("timeline", *wrong, "--project", "small").code == code


def test_memories_are_shown_whole_with_what_they_were_taken_from(any_way):
    first, *_ = found(any_way, "comma")["memories"]

    done = any_way("get", first["id"], "--json")
    shown = any_way("get", first["id"])

    assert done.code == 0
    [whole] = done.json["memories"]
    assert whole.pop("sources")
    assert whole == first
    [evidence] = done.json["evidence"]
    cited = [one["text"] for one in evidence if one["text"]]
    assert cited
    assert first["title"] in shown.out
    assert "\n> " in shown.out


def test_an_id_that_is_none_is_told_and_the_others_are_shown(any_way):
    first, *_ = found(any_way, "comma")["memories"]

    done = any_way("get", "nowhere", first["id"], "--json")

    assert done.code == 1
    assert [one["id"] for one in done.json["memories"]] == [first["id"]]
    assert done.json["missing"] == ["nowhere"]
    assert "no memory with the id 'nowhere' (not_found)" in done.err
    early = any_way("get", first["id"], "--known-at", "1990-01-01", "--json")
    assert early.json["missing"] == [first["id"]]
