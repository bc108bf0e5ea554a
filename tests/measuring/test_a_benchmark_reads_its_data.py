# SPDX-License-Identifier: Apache-2.0
"""What the retrieval benchmark is handed: measured where it can be, else told why not."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import retrieval

MEMORIES = [
    {"id": "m1", "conv": "c", "session": "s1", "ts": "2025-01-01T00:00:00",
     "text": "The lamp burns oil"},
    {"id": "m2", "conv": "c", "session": "s1", "text": "Parsing heights crashed"},
    {"id": "m3", "conv": "c", "session": "s2", "text": "All data is kept in SQLite"},
]  # fmt: skip
QUERIES = [
    {"id": "q1", "conv": "c", "category": "x", "text": "what does the lamp burn"},
    {"id": "q2", "conv": "c", "category": "y", "text": "where is data kept"},
]
QRELS = [{"query": "q1", "memory": "m1", "rel": 1}, {"query": "q2", "memory": "m3"}]
OF_SESSIONS = [{"query": "q1", "memory": "s1"}, {"query": "q2", "memory": "s2"}]
FILES = {
    "memories": MEMORIES,
    "queries": QUERIES,
    "qrels": QRELS,
    "qrels_session": OF_SESSIONS,
}
QUESTION = {
    "question_id": "a1", "question_type": "single", "question": "what does it burn?",
    "answer": 5, "question_date": "2023/05/30 (Tue) 23:40",
    "haystack_session_ids": ["s1", "s2"],
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 02:21"],
    "haystack_sessions": [
        [{"role": "user", "content": "It burns oil", "has_answer": True},
         {"role": "assistant", "content": ""}],
        [{"role": "user", "content": "We keep bees"}],
    ],
    "answer_session_ids": ["s1"],
}  # fmt: skip
ABSTAINS = {**QUESTION, "question_id": "a2_abs", "answer_session_ids": []}


def folder(path: Path, **files: Any) -> Path:
    """A folder with these files; what is None is not there."""
    for name, told in {**FILES, **files}.items():
        if told is not None:
            lines = [one if isinstance(one, str) else json.dumps(one) for one in told]
            text = "".join(f"{one}\n" for one in lines)
            (path / f"{name}.t.jsonl").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def measured(monkeypatch, capsys):
    """Measure a folder or a file: the figures."""

    def run(data: Path, *options: str) -> dict[str, Any]:
        args = ["retrieval", "--data", str(data), "--split", "t", "--json", *options]
        monkeypatch.setattr(sys, "argv", args)
        retrieval.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def fault(measured, capsys):
    """Measure what cannot be: the one line that tells why not."""

    def run(data: Path, *options: str) -> str:
        with pytest.raises(SystemExit) as ended:
            measured(data, *options)
        assert ended.value.code == 2
        told = capsys.readouterr()
        assert told.out == ""
        [line] = told.err.strip().splitlines()
        assert line.startswith("Error: ")
        return line

    return run


def with_line_ends(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n"))


def packed(path: Path) -> None:
    with gzip.open(f"{path}.gz", "wb") as file:
        file.write(path.read_bytes())
    path.unlink()


@pytest.mark.parametrize("change", [Path.exists, with_line_ends, packed])
def test_a_folder_is_read_whatever_its_line_ends_and_packing(
    tmp_path, measured, change
) -> None:
    for path in list(folder(tmp_path).iterdir()):
        change(path)

    told = measured(tmp_path)

    assert (told["memories"], told["queries"], told["r@1"]) == (3, 2, 1)
    assert told["session"]["r@1"] == 1
    assert "notes" not in told


def test_numbers_are_ids(tmp_path, measured) -> None:
    memories = [
        {**one, "id": at, "conv": 7, "session": at // 2}
        for at, one in enumerate(MEMORIES)
    ]
    queries = [{**one, "id": at, "conv": 7} for at, one in enumerate(QUERIES)]
    qrels = [{"query": "0", "memory": 0}, {"query": 1, "memory": "2"}]
    sessions = [{"query": 0, "memory": 0}, {"query": 1, "memory": 1}]
    names = {"memories": memories, "queries": queries, "qrels": qrels}

    told = measured(folder(tmp_path, **names, qrels_session=sessions))

    assert (told["r@1"], told["session"]["r@1"]) == (1, 1)


@pytest.mark.parametrize("left_out", ["qrels", "qrels_session"])
def test_either_judgement_is_enough(tmp_path, measured, left_out) -> None:
    told = measured(folder(tmp_path, **{left_out: None}))

    assert (told["queries"], told["r@1"]) == (2, 1)
    assert (told["session"]["queries"], told["session"]["r@1"]) == (2, 1)


def test_a_memory_may_be_told_in_fields(tmp_path, measured) -> None:
    first, second, third = ({**one} for one in MEMORIES)
    first["fields"] = {"title": first.pop("text"), "files": ["lamp.py"]}
    third |= {"assistant": third.pop("text"), "tools": "", "files": []}

    assert measured(folder(tmp_path, memories=[first, second, third]))["r@1"] == 1


def test_what_is_judged_wrong_is_not_looked_for(tmp_path, measured) -> None:
    wrong = {"query": "q1", "memory": "m3", "rel": 0}

    assert measured(folder(tmp_path, qrels=[*QRELS, wrong]))["r@1"] == 1


def test_no_figure_goes_beyond_one_where_a_session_comes_twice(
    tmp_path, measured
) -> None:
    twice = {**QUESTION, "haystack_session_ids": ["s1", "s1"]}
    said = QUESTION["haystack_sessions"][0]
    (tmp_path / "set.json").write_text(
        json.dumps([{**twice, "haystack_sessions": [said, said]}]), encoding="utf-8"
    )

    told = measured(tmp_path / "set.json")

    assert (told["r@10"], told["ndcg@10"], told["all@10"]) == (1, 1, 1)


def test_what_is_odd_is_noted_and_measured_all_the_same(tmp_path, measured) -> None:
    files = {
        "memories": [*MEMORIES, {**MEMORIES[0], "id": "m4", "text": " "}],
        "queries": [*QUERIES, {**QUERIES[0], "id": "q3", "conv": "elsewhere"}],
        "qrels": [*QRELS, {"query": "q1", "memory": "nowhere"}],
        "qrels_session": [*OF_SESSIONS, {"query": "q9", "memory": "s1"}],
    }

    told = measured(folder(tmp_path, **files))

    assert told["notes"] == [
        "memories without words, never found: 1",
        "queries that are judged and not asked: 1",
        "queries without a right answer, left out: 1",
        "right memories that are not there, and never found: 1",
    ]
    assert (told["queries"], told["r@1"]) == (2, 0.75)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"queries": None}, "queries.t.jsonl: it is not in "),
        ({"memories": None}, "memories.t.jsonl: it is not in "),
        ({"qrels": None, "qrels_session": None}, "put qrels.t.jsonl or qrels_session"),
        ({"memories": []}, "memories.t.jsonl: it is empty; put one object a line"),
        ({"qrels": [], "qrels_session": []}, "there is nothing to measure"),
        ({"queries": [{**QUERIES[0], "abstain": True}]}, "there is nothing to measure"),
        ({"memories": ["{oops"]}, "memories.t.jsonl, line 1: it is no JSON"),
        ({"memories": [MEMORIES[0], "[]"]}, "line 2: it is no JSON object"),
        ({"memories": [MEMORIES[0], "", MEMORIES[0]]}, "line 3: it has the id 'm1'"),
        ({"queries": [QUERIES[0], QUERIES[0]]}, "line 2: it has the id 'q1'"),
        ({"memories": [{**MEMORIES[0], "conv": None}]}, "line 1: it has no `conv`"),
        ({"memories": [{**MEMORIES[0], "text": None}]}, "line 1: it says nothing"),
        ({"memories": [{**MEMORIES[0], "text": 5}]}, "line 1: its `text` is no text"),
        ({"memories": [{**MEMORIES[0], "ts": "soon"}]}, "line 1: 'soon' is no time"),
        ({"queries": [{**QUERIES[0], "text": ""}]}, "line 1: it has no `text`"),
        ({"qrels": [{"query": "q1"}]}, "qrels.t.jsonl, line 1: it has no `memory`"),
        ({"qrels": [{**QRELS[0], "rel": "x"}]}, "line 1: its `rel` is no number"),
    ],
)
def test_a_fault_of_a_folder_is_told_by_its_place(tmp_path, fault, files, told) -> None:
    assert told in fault(folder(tmp_path, **files))


def test_a_split_that_is_not_there_is_told_with_those_that_are(tmp_path, fault) -> None:
    line = fault(folder(tmp_path), "--split", "u")

    assert line.endswith("name one of its splits with --split: t")
    assert "there is no such folder" in fault(tmp_path / "nowhere")
    assert "events.t.jsonl" in fault(tmp_path, "--made")


def test_what_is_no_text_in_utf_8_is_told(tmp_path, fault) -> None:
    path = folder(tmp_path) / "memories.t.jsonl"
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n")
    assert "memories.t.jsonl, line 4: it is not UTF-8" in fault(tmp_path)

    path.rename(tmp_path / "memories.t.jsonl.gz")
    assert "memories.t.jsonl.gz: it cannot be read" in fault(tmp_path)


def test_a_file_of_long_mem_eval_is_measured(tmp_path, measured) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps([QUESTION, ABSTAINS]), encoding="utf-8")
    numbered = {**QUESTION, "question_id": 5, "haystack_session_ids": [1, 2]}
    plain = [[{"role": "user", "content": "It burns oil"}], []]
    other = {**numbered, "haystack_sessions": plain, "answer_session_ids": [1]}

    told = measured(path)
    path.write_text(json.dumps([other]), encoding="utf-8")
    of_sessions = measured(path)

    assert (told["memories"], told["queries"], told["r@1"]) == (4, 1, 1)
    assert told["session"]["r@1"] == 1
    assert (of_sessions["queries"], of_sessions["r@1"]) == (1, 1)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("[{oops", "set.json: it is not JSON in UTF-8"),
        ("", "set.json: it is not JSON in UTF-8"),
        ("[]", "set.json: it is no list of questions"),
        ("{}", "set.json: it is no list of questions"),
        ([5], "set.json, question 1: it is no JSON object"),
        ([{**QUESTION, "question_id": None}], "question 1: it has no `question_id`"),
        ([QUESTION, QUESTION], "question 2: it has the id 'a1'"),
        ([ABSTAINS], "there is nothing to measure"),
        ([{**QUESTION, "haystack_dates": []}], "not as long as each other"),
        ([{**QUESTION, "question_date": "May"}], "question 1: 'May' is no time"),
        ([{**QUESTION, "answer_session_ids": "s1"}], "`answer_session_ids` is no list"),
        (
            [{**QUESTION, "haystack_sessions": [[{"role": "user"}], []]}],
            "question 1, session s1, turn 0: its `content` is no text",
        ),
    ],
)
def test_a_fault_of_a_file_is_told_by_its_place(
    tmp_path, fault, told, expected
) -> None:
    path = tmp_path / "set.json"
    text = told if isinstance(told, str) else json.dumps(told)
    path.write_text(text, encoding="utf-8")

    assert expected in fault(path)


def test_a_model_that_is_not_there_is_told(tmp_path, fault) -> None:
    line = fault(folder(tmp_path), "--arms", "hybrid", "--model", "nowhere")

    assert "CLAUDE_MEM_EMBEDDER_MODEL names neither a folder nor" in line


def test_what_each_signal_is_worth_is_told_beside_the_figures(
    tmp_path, measured
) -> None:
    told = measured(folder(tmp_path), "--ablation")

    ranks = ("r@1", "r@5", "r@10")
    session = {f"session {name}": told["session"][name] for name in ranks}
    assert told["without"]["nothing"] == {**{n: told[n] for n in ranks}, **session}
    assert {"recent", "all but the words"} <= told["without"].keys()
    assert "without" not in measured(tmp_path)
