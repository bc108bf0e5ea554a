# SPDX-License-Identifier: Apache-2.0

"""What a storage is held to about memories, and about searching them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from claude_mem_core.domain import analysis
from claude_mem_core.domain.access import Scope
from claude_mem_core.domain.memory_item import (
    EarlierValidity,
    MemoryItem,
    MemoryKind,
    MemoryRecord,
)
from claude_mem_core.domain.outline import Outline
from claude_mem_core.domain.search import Candidate, TermQuery
from claude_mem_core.domain.search_fields import search_fields
from claude_mem_core.domain.timeline import Place
from claude_mem_core.errors import ConflictError, NotFoundError
from claude_mem_core.ports.memories import MemoryReader, MemoryRepository
from claude_mem_core.ports.storage import Storage

from claude_mem_conformance import samples
from claude_mem_conformance.clock import NOW
from claude_mem_conformance.repository import RepositoryContract
from claude_mem_conformance.samples import OURS, OUTSIDE, PROJECT

OPERATORS = (
    *("AND", "OR", "NOT", "NEAR", "*", '"', ":", "'", "(", ")", "^", "-", "+"),
    *("title:banana", "banana*", "ban*", '"banana', "NEAR(banana", "^banana"),
    *("banana OR", "{title}:", "%", "_", "\\", ";", "--"),
)


class MemoryContract(RepositoryContract):
    """Memories."""

    ports: ClassVar[tuple[type, ...]] = (MemoryRepository,)

    def test_outside_the_scope_there_is_no_memory(self, inhabited: Storage) -> None:
        """Outside the scope a memory looks as if it did not exist, to a search too."""
        about = {"signature": "banana"}
        _add(inhabited, samples.memory("m", "banana", metadata=about))
        for scope in OUTSIDE:
            with inhabited.read() as snapshot:
                memories = snapshot.memories
                with pytest.raises(NotFoundError):
                    memories.get("m", scope=scope)
                assert not memories.get_many(["m"], scope=scope)
                assert memories.find("key of m", scope=scope) is None
                everything = samples.wanted("project", "other", "theirs")
                assert "m" not in _ids(
                    memories.recent(everything, scope=scope, limit=9)
                )
                assert "m" not in _ids(
                    memories.since(Place(0), everything, scope=scope, limit=9)
                )
                outlines = memories.outlines(everything, scope=scope, limit=9)
                assert "m" not in [one.id for one in outlines]
                met = memories.met(["banana"], everything, scope=scope, limit=9)
                assert not met
                assert not memories.records(["m"], scope=scope)
                asked = TermQuery(terms=("banana",), wanted=everything, limit=9)
                assert not memories.among(["m"], asked, scope=scope)
                kind = samples.memory().kind
                assert not memories.of_session("session", scope=scope, kind=kind)
                assert not memories.count("project", scope=scope)
            assert _search(inhabited, "banana", scope=scope) == []

    def test_any_shared_term_finds_and_the_better_fit_is_first(
        self, inhabited: Storage
    ) -> None:
        """A search finds what shares any of its terms, the better fit first."""
        _add(inhabited, samples.memory("one", "The banana is on the table"))
        _add(inhabited, samples.memory("both", "The banana is near the melon"))
        _add(inhabited, samples.memory("none", "The apple is under the tree"))
        assert _search(inhabited, "banana", "melon", "absent") == ["both", "one"]

    @pytest.mark.parametrize("field", ["title", "subtitle", "text", "narrative"])
    def test_prose_is_searched(self, inhabited: Storage, field: str) -> None:
        """A search finds what shares any of its terms, the better fit first."""
        _add(
            inhabited, samples.memory("m").changed(**{"title": None, field: "a banana"})
        )
        assert _search(inhabited, "banana") == ["m"]

    @pytest.mark.parametrize("field", ["facts", "concepts"])
    def test_lists_are_searched(self, inhabited: Storage, field: str) -> None:
        """A search finds what shares any of its terms, the better fit first."""
        _add(inhabited, samples.memory("m").changed(**{field: ("a melon", "a banana")}))
        assert _search(inhabited, "banana") == ["m"]

    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            *((f"it {form} well", "fix") for form in ("fixes", "fixed", "fixing")),
            *((f"the {form} there", "cafe") for form in ("Café", "CAFÉ", "cafe\u0301")),
            ("uses ManualCommitStrategy", "manual_commit_strategy"),
            ("die alten Häuser und der Hof", "Haus"),
            ("las decisiones de los equipos", "decisión"),
            ("мы запустили новые сервера", "серверов"),
            ("我们决定使用数据库", "数据库"),
            ("データベースを再起動した", "再起動"),
            ("데이터베이스를 다시 시작했다", "데이터베이스"),
        ],
    )
    def test_a_memory_is_found_under_its_tokens(
        self, inhabited: Storage, text: str, asked: str
    ) -> None:
        """A memory is found under the tokens of `search_fields`, and no others."""
        _add(inhabited, samples.memory("m", text))
        _add(inhabited, samples.memory("other", "apple pie"))
        terms = analysis.asked(asked).tokens
        assert _search(inhabited, *terms) == ["m"]
        own = {
            t for one in search_fields(samples.memory("m", text)).values() for t in one
        }
        for token in own:
            assert "m" in _search(inhabited, token)
        for unknown in ("fixe", "caf", "manualcommit", "x", "1x", "banan"):
            assert _search(inhabited, unknown) == []

    def test_words_that_contain_a_part_are_told(self, inhabited: Storage) -> None:
        """The tokens of some projects' memories that contain a part, shortest first."""
        text = "authentication reauthenticate AuthentXyz uthent Größenauthentität"
        _add(inhabited, samples.memory("m", text, concepts=("xxuthent",)))
        _add(
            inhabited,
            samples.memory("n", "データベース認証 authentication"),
        )
        _add(inhabited, samples.memory("o", "uthent" * 8))
        _add(inhabited, samples.memory("p", "elsewhereauthent", **samples.ELSEWHERE))
        expected = ["authent", "xxuthent", "authentxyz", "reauthent"]
        expected.append("grossenauthentitat")
        expected.sort(key=lambda word: (len(word), word))
        assert _words(inhabited, "uthent") == expected
        assert _words(inhabited, "uthent", limit=2) == expected[:2]
        longer = [word for word in expected if "authent" in word and word != "authent"]
        assert _words(inhabited, "authent") == longer

    def test_only_parts_of_known_words_are_told(self, inhabited: Storage) -> None:
        """Of words with a part those that `is_looked_into` are told, and no others."""
        _add(inhabited, samples.memory("m", "authentication 100%_x", author="Ömer"))
        _add(inhabited, samples.memory("n", "предустановка データベース認証"))
        _add(inhabited, samples.memory("long", "uthent" * 8))
        _add(inhabited, samples.memory("there", "zuthentx", **samples.ELSEWHERE))
        assert _words(inhabited, "uthent") == ["authent"]
        assert _words(inhabited, "установ") == ["предустановк"]
        for part in (
            "データベース",
            "ータベー",
            "UTHENT",
            "uth%nt",
            "uth_nt",
            '"uth',
            "AND ",
            "uthe*",
        ):
            assert _words(inhabited, part) == []
        both = ("project", "other")
        assert _words(inhabited, "uthent", *both) == ["authent", "zuthentx"]
        for scope in OUTSIDE:
            assert _words(inhabited, "uthent", scope=scope) == []

    def test_old_words_are_no_words_to_look_into(self, inhabited: Storage) -> None:
        """What was replaced or removed is found by its old words no longer."""
        _add(inhabited, samples.memory("m", "authentication"))
        with inhabited.begin() as tx:
            tx.memories.replace(samples.memory("m", "lighthouses"))
        assert _words(inhabited, "uthent") == []
        assert _words(inhabited, "ighthous") == ["lighthous"]
        with inhabited.begin() as tx:
            tx.memories.remove("m")
            assert _words_in(tx.memories, "ighthous") == []

    def test_occurrences_are_told_field_by_field(self, inhabited: Storage) -> None:
        """How often a memory has each term is told exactly, field by field."""
        said = samples.memory(
            "said",
            "lamp lamp lamps",
            text="The lamp and the tower, lamp!",
            concepts=("tower",),
            files_read=("src/lamp.py",),
        )
        _add(inhabited, said)
        _add(inhabited, samples.memory("other", "tower"))
        terms = ("lamp", "absent", "tower")
        asked = TermQuery(terms=terms, wanted=samples.wanted(), limit=9)
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            found = memories.search(asked, scope=OURS)
            among = memories.among(["said"], asked, scope=OURS)
        expected = Candidate.of(said, terms)
        assert expected.counts == ((3, 0, 0), (2, 0, 1), (0, 0, 1), (1, 0, 0))
        told = {one.item_id: one for one in found.candidates}["said"]
        for one in (told, *among):
            assert (one.counts, one.tokens) == (expected.counts, expected.tokens)
        assert found.frequencies.memories == 2
        assert found.frequencies.having == (1, 0, 2)
        length = Candidate.of(samples.memory("other", "tower"), ()).tokens
        assert found.frequencies.tokens == expected.tokens + length

    def test_a_word_of_very_many_is_counted_nearly(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        with inhabited.begin() as tx:
            for number in range(1_500):
                title = "lamp" if number % 10 else "tower"
                tx.memories.add(samples.memory(f"{number}", title))
        asked = TermQuery(terms=("lamp", "tower"), wanted=samples.wanted(), limit=9)
        with inhabited.read() as snapshot:
            found = snapshot.memories.search(asked, scope=OURS)
        lamps, towers = found.frequencies.having
        assert towers == 150
        assert 1_250 <= lamps <= 1_450
        assert {one.counts[0] for one in found.candidates} == {(0, 1)}

    def test_those_of_some_that_pass_are_told(self, inhabited: Storage) -> None:
        """Those of some memories that pass the filter, sharing a term or not."""
        for id_ in ("b", "a", "expired"):
            ends: dict[str, Any] = {"valid_to_epoch": NOW} if id_ == "expired" else {}
            _add(inhabited, samples.memory(id_, "banana", **ends))
        _add(inhabited, samples.memory("elsewhere", **samples.ELSEWHERE))
        asked = TermQuery(terms=("melon",), wanted=samples.wanted(), limit=1)
        named = ["expired", "b", "nobody", "elsewhere", "a"]
        with inhabited.read() as snapshot:
            found = snapshot.memories.among(named, asked, scope=OURS)
            assert sorted(one.item_id for one in found) == ["a", "b"]
            for scope in OUTSIDE:
                assert not snapshot.memories.among(named, asked, scope=scope)

    @pytest.mark.parametrize("term", OPERATORS)
    def test_no_term_is_an_operator(self, inhabited: Storage, term: str) -> None:
        """No term is an operator: `AND`, `NEAR`, `*`, `"` and `:` are only text."""
        _add(inhabited, samples.memory("m", "banana bread"))
        _add(inhabited, samples.memory("other", "melon pie"))
        assert "other" in _search(inhabited, "melon", term)
        found = _search(inhabited, term)
        assert found in ([], ["m"] if "banana" in term else [])

    def test_what_was_superseded_is_hidden_and_kept(self, inhabited: Storage) -> None:
        """What was superseded is neither searched nor recent, but still there."""
        _add(inhabited, samples.memory("old", "banana"))
        _add(inhabited, samples.memory("new", "banana split"))
        old = samples.memory("old", "banana", superseded_by_id="new")
        with inhabited.begin() as tx:
            tx.memories.replace(old)
        assert _search(inhabited, "banana") == ["new"]
        assert _recent(inhabited, limit=9) == ["new"]
        assert _all(inhabited, "old") == [old]
        asked: dict[str, Any] = {"include_superseded": True}
        assert sorted(_search(inhabited, "banana", **asked)) == ["new", "old"]
        assert sorted(_recent(inhabited, **asked)) == ["new", "old"]
        with inhabited.begin() as tx:
            tx.memories.replace(old.changed(superseded_by_id=None))
        assert sorted(_search(inhabited, "banana")) == ["new", "old"]
        assert sorted(_recent(inhabited, limit=9)) == ["new", "old"]

    def test_a_memory_knows_whose_place_it_took(self, inhabited: Storage) -> None:
        """The memories whose place this one took, or once had taken, oldest first."""
        for age, id_ in enumerate(["z", "a", "alone"]):
            successor = None if id_ == "alone" else "new"
            _add(
                inhabited,
                samples.memory(
                    id_, created_at_epoch=NOW + age, superseded_by_id=successor
                ),
            )
        _add(inhabited, samples.memory("new"))
        with inhabited.read() as snapshot:
            found = snapshot.memories.superseded_by("new", scope=OURS)
            assert [one.id for one in found] == ["z", "a"]
            assert not snapshot.memories.superseded_by("alone", scope=OURS)
            for scope in OUTSIDE:
                assert not snapshot.memories.superseded_by("new", scope=scope)

    def test_a_memory_knows_whose_place_it_once_had_taken(
        self, inhabited: Storage
    ) -> None:
        """The memories whose place this one took, or once had taken, oldest first."""
        never = EarlierValidity(until_epoch=NOW + 1)
        earlier: dict[str, Any] = {}
        for successor in ('"new', "new"):
            once = never.changed(until_epoch=NOW + 2, superseded_by_id=successor)
            earlier["earlier_validity"] = (never, once)
            _add(inhabited, samples.memory(f"once had {successor}", **earlier))
        _add(inhabited, samples.memory("both", superseded_by_id="new"))
        with inhabited.begin() as tx:
            both = samples.memory("both", superseded_by_id="new", **earlier)
            tx.memories.replace(both)
        with inhabited.read() as snapshot:
            found = snapshot.memories.superseded_by("new", scope=OURS)
            assert [one.id for one in found] == ["both", "once had new"]
            for scope in OUTSIDE:
                assert not snapshot.memories.superseded_by("new", scope=scope)

    def test_a_memory_is_had_with_its_sources(self, inhabited: Storage) -> None:
        """The memory with its sources; `NotFoundError` outside the scope."""
        place = {"json_path": "$.a", "start": 1, "end": 2, "metadata": samples.AWKWARD}
        what = {"source_type": "agent_event", "event_id": "event"}
        cited = samples.memory_source("m", **{"id": "cited", **what, **place})
        memory = samples.memory("m", sources=(samples.memory_source("m"), cited))
        _add(inhabited, memory)
        with inhabited.read() as snapshot:
            for scope in (OURS, PROJECT):
                assert snapshot.memories.get("m", scope=scope).sources == memory.sources
            with pytest.raises(NotFoundError):
                snapshot.memories.get("absent", scope=OURS)

    def test_many_are_had_in_the_order_asked_for(self, inhabited: Storage) -> None:
        """The memories in the order of the ids, without those outside the scope."""
        there = {"project_id": "theirs", "server_session_id": "their-session"}
        for memory in (
            samples.memory("a"),
            samples.memory("z"),
            samples.memory("theirs", **there),
        ):
            _add(inhabited, memory)
        asked = ["z", "theirs", "absent", "a"]
        with inhabited.read() as snapshot:
            found = snapshot.memories.get_many(asked, scope=OURS)
            assert [one.id for one in found] == ["z", "a"]
            assert [len(one.sources) for one in found] == [1, 1]

    def test_records_are_had_in_the_order_asked_for(self, inhabited: Storage) -> None:
        """What the memories say, in the order of the ids, without their sources."""
        cited = samples.memory("z", facts=("a", "b"), metadata=samples.AWKWARD)
        hers = samples.memory("a", server_session_id=None, confidence=0.5)
        for memory in (hers, cited):
            _add(inhabited, memory)
        with inhabited.read() as snapshot:
            found = snapshot.memories.records(["z", "absent", "a"], scope=OURS)
        assert list(found) == [cited.record, hers.record]

    def test_lists_have_no_sources(self, inhabited: Storage) -> None:
        """Lists and `records` have no sources, which are read with `get`."""
        memory = samples.memory("m", files_modified=("src/lamp.py",))
        _add(inhabited, memory)
        wanted = samples.wanted()
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            listed = [
                *memories.recent(wanted, scope=OURS, limit=9),
                *memories.since(Place(0), wanted, scope=OURS, limit=9),
                *memories.records(["m"], scope=OURS),
            ]
        assert listed == [memory.record] * 3
        assert not any(hasattr(one, "sources") for one in listed)

    def test_a_memory_is_found_by_its_key(self, inhabited: Storage) -> None:
        """The memory that was added with this key."""
        _add(inhabited, samples.memory("m"))
        with inhabited.read() as snapshot:
            found = snapshot.memories.find("key of m", scope=OURS)
            assert found is not None
            assert found.id == "m"
            assert snapshot.memories.find("m", scope=OURS) is None

    def test_a_search_is_ranked_and_cut(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        texts = ("banana", "banana melon", "banana melon plum", "apple")
        for number, text in enumerate(texts):
            _add(inhabited, samples.memory(f"{number}", text))
        assert _search(inhabited, "banana", "melon", "plum") == ["2", "1", "0"]
        best = _candidates(inhabited, "banana", "melon", "plum", limit=2)
        assert [one.item_id for one in best] == ["2", "1"]

    def test_talk_is_told_further(self, inhabited: Storage) -> None:
        """A search goes to `limit_of_talk` where one of the first `limit` was said."""
        for number in range(6):
            text = "banana" if number < 2 else "banana and a melon"
            _add(inhabited, samples.memory(f"{number}", text))
        assert _up_to(inhabited, 2, of_talk=4) == ["0", "1"]
        _add(
            inhabited,
            samples.memory("late", "banana and a melon by the sea", author="Anna"),
        )
        assert _up_to(inhabited, 2, of_talk=4) == ["0", "1"]
        _add(inhabited, samples.memory("said", "banana", author="Anna"))
        first = ["0", "1", "said"]
        assert sorted(_up_to(inhabited, 3, of_talk=3)) == first
        assert sorted(_up_to(inhabited, 3, of_talk=5)[:3]) == first
        for limit, of_talk in ((3, 3), (3, 5), (3, 8), (3, 99), (4, 5)):
            asked = min(max(limit, of_talk), 8)
            assert len(_up_to(inhabited, limit, of_talk=of_talk)) == asked
        both = ("project", "other")
        _add(inhabited, samples.memory("there", "banana", **samples.ELSEWHERE))
        assert len(_up_to(inhabited, 4, of_talk=9, project_ids=both)) == 9

    def test_the_best_of_several_projects_come_first(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        _add(inhabited, samples.memory("much", "banana melon"))
        _add(inhabited, samples.memory("little", "banana"))
        for name in ("x", "y", "banana split melon pie and much more of it"):
            _add(inhabited, samples.memory(name[0], name, **samples.ELSEWHERE))
        both: dict[str, Any] = {"project_ids": ("project", "other")}
        assert _search(inhabited, "banana", "melon", **both) == ["much", "b", "little"]

    def test_a_candidate_tells_what_ranking_needs(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        _add(inhabited, samples.memory("m", "banana", created_at_epoch=NOW + 3))
        _add(
            inhabited,
            samples.memory("n", "kiwi", server_session_id=None, kind="manual"),
        )
        [banana] = _candidates(inhabited, "banana")
        [kiwi] = _candidates(inhabited, "kiwi")
        assert (banana.session_id, banana.kind) == ("session", "observation")
        assert (kiwi.session_id, kiwi.kind) == (None, "manual")
        assert banana.created_at_epoch == NOW + 3

    def test_a_search_is_of_one_project_and_platform(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        _add_on_codex(inhabited, "codex", "banana")
        _add(inhabited, samples.memory("elsewhere", "banana", **samples.ELSEWHERE))
        _add(inhabited, samples.memory("here", "banana"))
        assert sorted(_search(inhabited, "banana")) == ["codex", "here"]
        assert _search(inhabited, "banana", platform_source="codex") == ["codex"]
        assert _search(inhabited, "banana", platform_source="gemini") == []

    def test_a_search_tells_who_said_what_and_when(self, inhabited: Storage) -> None:
        """The memories that share a term, the best lexical score first."""
        said = samples.memory(
            "said",
            author="Anna",
            text="A banana?",
            valid_from_epoch=NOW - 7,
        )
        _add(inhabited, said)
        _add(inhabited, samples.memory("told", "banana", created_at_epoch=NOW + 3))
        found = {one.item_id: one for one in _candidates(inhabited, "banana")}
        assert found["said"] == Candidate.of(said, ("banana",))
        assert (found["told"].author, found["told"].asks) == (None, False)
        assert found["told"].when_epoch == NOW + 3

    def test_a_search_tells_of_which_files_each_is(self, inhabited: Storage) -> None:
        """Which files a candidate names is told, each once, by `all_rooted`."""
        named = samples.memory(
            "named",
            "banana",
            files_read=("C:\\src//a,b.py", "docs/ü.md", "./"),
            files_modified=("./docs/ü.md", "src/lamp.py"),
        )
        _add(inhabited, named)
        _add(inhabited, samples.memory("bare", "banana"))
        asked = TermQuery(terms=("banana",), wanted=samples.wanted(), limit=9)
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            for found in (
                memories.search(asked, scope=OURS).candidates,
                memories.among(["named", "bare"], asked, scope=OURS),
            ):
                assert {one.item_id: one.files for one in found} == {
                    "named": ("/C:/src/a,b.py", "/docs/ü.md", "/src/lamp.py"),
                    "bare": (),
                }

    def test_what_stands_beside_a_memory_is_told(self, inhabited: Storage) -> None:
        """The memories right before and right after these in their sessions."""
        for place, id_ in enumerate(["d", "c", "b", "a"]):
            _add(inhabited, samples.memory(id_, valid_from_epoch=NOW + place))
        _add(inhabited, samples.memory("loose", server_session_id=None))
        _add_on_codex(inhabited, "codex", valid_from_epoch=NOW + 2)
        assert _beside(inhabited, "c") == ["b", "d"]
        assert _beside(inhabited, "d", "b") == ["a", "c"]
        assert _beside(inhabited, "a", "loose", "codex", "nobody") == ["b"]

    def test_what_stands_beside_is_within_the_border(self, inhabited: Storage) -> None:
        """What stands beside some memories passes the filter, and is none of them."""
        for place, id_ in enumerate(["a", "b", "c"]):
            fields: dict[str, Any] = {"type": "bugfix"} if id_ == "c" else {}
            _add(inhabited, samples.memory(id_, valid_from_epoch=NOW + place, **fields))
        assert _beside(inhabited, "b", type=("bugfix",)) == ["c"]
        assert _beside(inhabited, "a", "b", "c") == []
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            asked = TermQuery(terms=("b",), wanted=samples.wanted(), limit=1)
            [one] = memories.beside(["a"], asked, scope=OURS)
            theirs = memories.beside(["a"], asked, scope=OUTSIDE[1])
            other = asked.changed(wanted=samples.wanted("elsewhere"))
            assert memories.beside(["a"], other, scope=OURS) == []
        assert one == Candidate.of(_all(inhabited, "b")[0], ("b",))
        assert theirs == []

    def test_recent_memories_come_newest_first(self, inhabited: Storage) -> None:
        """The memories that a filter lets pass, the latest first."""
        for age, id_ in enumerate(["m", "z", "a"]):
            _add(inhabited, samples.memory(id_, created_at_epoch=NOW + age))
        _add_on_codex(inhabited, "codex", created_at_epoch=NOW - 1)
        _add(inhabited, samples.memory("elsewhere", **samples.ELSEWHERE))
        assert _recent(inhabited, limit=9) == ["a", "z", "m", "codex"]
        assert _recent(inhabited, limit=2) == ["a", "z"]
        assert _recent(inhabited, limit=9, platform_source="codex") == ["codex"]

    def test_outlines_are_those_of_recent_memories(self, inhabited: Storage) -> None:
        """The outlines of the memories that `recent` gives, in the same order."""
        for age, id_ in enumerate(["m", "z", "a"]):
            memory = samples.memory(
                id_,
                created_at_epoch=NOW + age,
                valid_from_epoch=NOW - age if id_ == "a" else None,
                metadata=samples.AWKWARD,
                files_read=("a.py",),
                files_modified=("b.py", "c.py"),
            )
            _add(inhabited, memory)
        _add(inhabited, samples.memory("fix", type="bugfix"))
        _add(inhabited, samples.memory("elsewhere", **samples.ELSEWHERE))
        for fields in ({}, {"type": ("bugfix",)}, {"known_at": NOW + 1}):
            wanted = samples.wanted().changed(**fields)
            for limit in (1, 3, 9):
                with inhabited.read() as snapshot:
                    told = snapshot.memories.outlines(wanted, scope=OURS, limit=limit)
                known = _all(inhabited, *_recent(inhabited, limit=limit, **fields))
                assert list(told) == [Outline.of(one) for one in known]

    def test_memories_of_an_error_are_found(self, inhabited: Storage) -> None:
        """The outlines of memories of one of these errors that pass, latest first."""
        about = {"m": "no lamp", "z": "no fuse", "a": "no lamp", "n": None}
        for age, (id_, error) in enumerate(about.items()):
            metadata = {"signature": error} if error else {"other": "no lamp"}
            memory = samples.memory(id_, created_at_epoch=NOW + age, metadata=metadata)
            _add(inhabited, memory)
        fix: dict[str, Any] = {"type": "bugfix", "metadata": {"signature": "no lamp"}}
        _add(inhabited, samples.memory("fix", created_at_epoch=NOW + 9, **fix))
        theirs = {**samples.ELSEWHERE, "metadata": {"signature": "no lamp"}}
        _add(inhabited, samples.memory("elsewhere", **theirs))
        assert _met(inhabited, "no lamp") == ["fix", "a", "m"]
        assert _met(inhabited, "no lamp", "no fuse", limit=2) == ["fix", "a"]
        assert _met(inhabited, "no fuse") == ["z"]
        assert _met(inhabited, "no lamp", types=("bugfix",)) == ["fix"]
        assert _met(inhabited, "no") == _met(inhabited) == []

    def test_those_after_a_place_come_oldest_first(self, inhabited: Storage) -> None:
        """The memories after a place in time that a filter lets pass, oldest first."""
        for age, id_ in enumerate(["m", "z", "a"]):
            _add(inhabited, samples.memory(id_, created_at_epoch=NOW + age))
        _add(inhabited, samples.memory("n", created_at_epoch=NOW + 1))
        early: dict[str, Any] = {
            "created_at_epoch": NOW + 9,
            "valid_from_epoch": NOW - 1,
        }
        _add(inhabited, samples.memory("early", **early))
        wanted = samples.wanted()
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            place = Place(NOW + 1, "n")
            after = memories.since(place, wanted, scope=OURS, limit=9)
            assert _ids(after) == ["z", "a"]
            every = memories.since(Place(0), wanted, scope=OURS, limit=2)
            assert _ids(every) == ["early", "m"]
            before = memories.recent(wanted, scope=OURS, limit=9, before=place)
            assert _ids(before) == ["m", "early"]

    def test_what_has_expired_is_hidden_and_kept(self, inhabited: Storage) -> None:
        """What has expired is neither searched nor recent, but still there."""
        old = samples.memory("old", "banana", valid_to_epoch=NOW)
        _add(inhabited, old)
        _add(inhabited, samples.memory("new", "banana", valid_to_epoch=NOW + 1))
        assert _search(inhabited, "banana") == _recent(inhabited) == ["new"]
        assert _all(inhabited, "old") == [old]
        asked: dict[str, Any] = {"include_expired": True}
        assert sorted(_search(inhabited, "banana", **asked)) == ["new", "old"]
        assert sorted(_recent(inhabited, **asked)) == ["new", "old"]

    def test_a_sessions_memories_come_oldest_first(self, inhabited: Storage) -> None:
        """A session's memories of one kind, oldest first."""
        for age, id_ in enumerate(["m", "z", "a"]):
            _add(inhabited, samples.memory(id_, created_at_epoch=NOW + age))
        _add(inhabited, samples.memory("sum", kind="summary"))
        _add(inhabited, samples.memory("no session", server_session_id=None))
        with inhabited.read() as snapshot:
            memories = snapshot.memories
            found = memories.of_session("session", scope=OURS, kind="observation")
            summed = memories.of_session("session", scope=OURS, kind="summary")
            assert [one.id for one in found] == ["m", "z", "a"]
            assert [one.id for one in summed] == ["sum"]

    def test_a_projects_memories_come_page_by_page(self, inhabited: Storage) -> None:
        """A project's memories in the order they were put in, from one's id on."""
        for age, id_ in enumerate(["m", "z", "a"]):
            _add(inhabited, samples.memory(id_, created_at_epoch=NOW - age))
        _add(inhabited, samples.memory("elsewhere", **samples.ELSEWHERE))
        pages = {None: ["m", "z"], "m": ["z", "a"], "z": ["a"], "a": []}
        with inhabited.read() as snapshot:
            for after, expected in pages.items():
                page = snapshot.memories.page(
                    "project", scope=OURS, after=after, limit=2
                )
                assert [one.id for one in page] == expected
            for scope in OUTSIDE:
                assert not snapshot.memories.page(
                    "project", scope=scope, after=None, limit=2
                )

    def test_a_projects_memories_are_counted_by_kind(self, inhabited: Storage) -> None:
        """How many memories of each kind a project holds, no kind without any."""
        for id_, kind in (("a", "observation"), ("b", "observation"), ("c", "prompt")):
            _add(inhabited, samples.memory(id_, kind=kind))
        _add(inhabited, samples.memory("no session", server_session_id=None))
        _add(inhabited, samples.memory("elsewhere", **samples.ELSEWHERE))
        assert _count(inhabited) == {"observation": 3, "prompt": 1}
        with inhabited.begin() as tx:
            tx.memories.remove("c")
        assert _count(inhabited) == {"observation": 3}

    def test_an_id_and_a_key_are_taken_once(self, inhabited: Storage) -> None:
        """An id, and a key, is taken once: `ConflictError`."""
        _add(inhabited, samples.memory("m"), key="key")
        for id_, key in (("m", "another"), ("another", "key")):
            with pytest.raises(ConflictError):
                _add(inhabited, samples.memory(id_), key=key)

    def test_a_memory_is_of_its_sessions_project(self, inhabited: Storage) -> None:
        """A memory and its session are of the same project: `ConflictError` else."""
        with pytest.raises(ConflictError):
            _add(inhabited, samples.memory("astray", project_id="other"))

    def test_a_memory_cannot_leave_its_sessions_project(
        self, inhabited: Storage
    ) -> None:
        """A memory and its session are of the same project: `ConflictError` else."""
        _add(inhabited, samples.memory("m"))
        with pytest.raises(ConflictError), inhabited.begin() as tx:
            tx.memories.replace(samples.memory("m", project_id="other"))

    def test_old_words_find_nothing(self, inhabited: Storage) -> None:
        """What was replaced or removed is found by its old words no longer."""
        for id_, title in (("changed", "banana split"), ("gone", "banana pie")):
            _add(inhabited, samples.memory(id_, title))
        assert len(_search(inhabited, "banana")) == 2
        with inhabited.begin() as tx:
            tx.memories.replace(samples.memory("changed", "melon split"))
            tx.memories.remove("gone")
        assert _search(inhabited, "banana") == []
        assert _search(inhabited, "pie") == []
        assert _search(inhabited, "melon") == ["changed"]
        assert _search(inhabited, "split") == ["changed"]

    def test_a_new_memory_is_kept_whole(self, inhabited: Storage) -> None:
        """Keep a new memory with its sources."""
        prose = {"subtitle": "s", "text": "t", "narrative": "n", "trust": "tool"}
        lists = {"facts": ("f", "g"), "concepts": ("c",), "files_read": ("ü.py",)}
        times = {"valid_from_epoch": 1, "valid_to_epoch": 2}
        gone = {"superseded_at_epoch": 3, "superseded_from_epoch": 4}
        before = {"earlier_validity": [{"until_epoch": 5, "valid_to_epoch": 6}]}
        rest = {"confidence": 0.25, "author": "Ömer", **times, **gone, **before}
        changed = {"files_modified": ("b.py", "a.py"), "metadata": samples.AWKWARD}
        memory = samples.memory("full", "T", **prose, **lists, **rest, **changed)
        bare = samples.memory("bare", server_session_id=None, sources=())
        _add(inhabited, memory)
        with inhabited.begin() as tx:
            tx.memories.add(bare)
        assert _all(inhabited, "full", "bare") == [memory, bare]

    def test_a_memory_is_replaced_with_its_sources(self, inhabited: Storage) -> None:
        """Put `item` and its sources in the place of the one with its id."""
        for id_ in ("one", "two"):
            _add(inhabited, samples.memory(id_))
        source = samples.memory_source("one", id="another source", source_uri="file:x")
        changed = samples.memory("one", "Changed", sources=(source,), trust="user")
        with inhabited.begin() as tx:
            tx.memories.replace(changed)
        assert _all(inhabited, "one", "two") == [changed, samples.memory("two")]
        with inhabited.read() as snapshot:
            assert snapshot.memories.find("key of one", scope=OURS) == changed
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.memories.replace(samples.memory("absent"))

    def test_what_finds_a_memory_is_written_anew(self, inhabited: Storage) -> None:
        """Write anew what a memory is found under."""
        for id_ in ("one", "two"):
            _add(inhabited, samples.memory(id_, "banana"))
        before = _all(inhabited, "one", "two")
        with inhabited.begin() as tx:
            tx.memories.reindex("one")
        assert sorted(_search(inhabited, "banana")) == ["one", "two"]
        assert _all(inhabited, "one", "two") == before
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.memories.reindex("absent")

    def test_a_memory_is_removed_with_its_sources(self, inhabited: Storage) -> None:
        """Take a memory and its sources away; its key is free again."""
        for id_ in ("one", "two"):
            _add(inhabited, samples.memory(id_))
        with inhabited.begin() as tx:
            tx.memories.remove("one")
        assert _all(inhabited, "one", "two") == [samples.memory("two")]
        with pytest.raises(NotFoundError), inhabited.begin() as tx:
            tx.memories.remove("one")
        _add(inhabited, samples.memory("one"))
        assert len(_all(inhabited, "one")) == 1

    def test_those_that_cite_an_event_are_told(self, inhabited: Storage) -> None:
        """The memories of which a source is this event, oldest first."""
        for age, (id_, cited) in enumerate(
            [("z", "event"), ("a", "event"), ("m", "other-event"), ("n", None)]
        ):
            source = samples.memory_source(id_, event_id=cited)
            when = NOW + age
            _add(
                inhabited,
                samples.memory(id_, created_at_epoch=when, sources=(source,)),
            )
        with inhabited.read() as snapshot:
            citing = snapshot.memories.citing("event", scope=OURS)
            assert [item.id for item in citing] == ["z", "a"]
            assert citing[0].sources[0].event_id == "event"
            for scope in OUTSIDE:
                assert not snapshot.memories.citing("event", scope=scope)


def _add(storage: Storage, memory: MemoryItem, *, key: str | None = None) -> None:
    with storage.begin() as tx:
        tx.memories.add(memory, key=key or f"key of {memory.id}")


def _add_on_codex(
    storage: Storage, id_: str, title: str = "A memory", **fields: object
) -> None:
    with storage.begin() as tx:
        tx.sessions.add(samples.session("on codex", platform_source="codex"))
    _add(storage, samples.memory(id_, title, server_session_id="on codex", **fields))


def _all(storage: Storage, *ids: str) -> list[MemoryItem]:
    with storage.read() as snapshot:
        return list(snapshot.memories.get_many(ids, scope=OURS))


def _met(
    storage: Storage, *signatures: str, limit: int = 9, types: tuple[str, ...] = ()
) -> Sequence[str]:
    wanted = samples.wanted().changed(type=types)
    with storage.read() as snapshot:
        found = snapshot.memories.met(signatures, wanted, scope=OURS, limit=limit)
        known = {one.id: one for one in _all(storage, *[one.id for one in found])}
    assert list(found) == [Outline.of(known[one.id]) for one in found]
    return [one.id for one in found]


def _recent(storage: Storage, *, limit: int = 99, **fields: object) -> list[str]:
    with storage.read() as snapshot:
        wanted = samples.wanted().changed(**fields)
        return _ids(snapshot.memories.recent(wanted, scope=OURS, limit=limit))


def _beside(storage: Storage, *ids: str, **fields: object) -> list[str]:
    with storage.read() as snapshot:
        wanted = samples.wanted().changed(**fields)
        asked = TermQuery(terms=("banana",), wanted=wanted, limit=1)
        found = snapshot.memories.beside(ids, asked, scope=OURS)
        return sorted(one.item_id for one in found)


def _ids(items: Sequence[MemoryRecord]) -> list[str]:
    return [item.id for item in items]


def _count(storage: Storage) -> Mapping[MemoryKind, int]:
    with storage.read() as snapshot:
        of_team = snapshot.memories.count("project", scope=OURS)
        assert snapshot.memories.count("project", scope=PROJECT) == of_team
        return of_team


def _search(
    storage: Storage, *terms: str, scope: Scope = OURS, **fields: object
) -> list[str]:
    found = _candidates(storage, *terms, scope=scope, limit=99, **fields)
    return [one.item_id for one in found]


def _words(
    storage: Storage, part: str, *projects: str, scope: Scope = OURS, limit: int = 9
) -> list[str]:
    with storage.read() as snapshot:
        return _words_in(snapshot.memories, part, *projects, scope=scope, limit=limit)


def _words_in(
    memories: MemoryReader,
    part: str,
    *projects: str,
    scope: Scope = OURS,
    limit: int = 9,
) -> list[str]:
    where = projects or ("project",)
    return list(memories.words_with(part, where, scope=scope, limit=limit))


def _up_to(
    storage: Storage, limit: int, *, of_talk: int, **fields: object
) -> list[str]:
    wanted = samples.wanted().changed(**fields)
    query = TermQuery(
        terms=("banana",), wanted=wanted, limit=limit, limit_of_talk=of_talk
    )
    with storage.read() as snapshot:
        found = snapshot.memories.search(query, scope=OURS).candidates
    return [one.item_id for one in found]


def _candidates(
    storage: Storage,
    *terms: str,
    scope: Scope = OURS,
    limit: int = 9,
    **fields: object,
) -> list[Candidate]:
    wanted = samples.wanted().changed(**fields)
    query = TermQuery(terms=terms, wanted=wanted, limit=limit)
    with storage.read() as snapshot:
        return list(snapshot.memories.search(query, scope=scope).candidates)
