# SPDX-License-Identifier: Apache-2.0
"""``python -m benchmarks [NAME ...] [--size N] [--json]``: measure, print a table."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from benchmarks import (
    claim,
    hooks,
    ingest,
    keys,
    latency,
    mcp,
    redaction,
    search,
    similarity,
    slow,
)
from benchmarks.report import Line, table

BENCHMARKS: dict[str, Callable[..., Sequence[Line]]] = {
    "ingest": ingest.measure,
    "claim": claim.measure,
    "latency": latency.measure,
    "search": search.measure,
    "similarity": similarity.measure,
    "redaction": redaction.measure,
    "keys": keys.measure,
    "slow": slow.measure,
    "hooks": hooks.measure,
    "mcp": mcp.measure,
}


def main() -> None:
    """Run the benchmarks that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--size",
        type=int,
        action="append",
        help="memories to search, in place of the usual sizes; may come again",
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"no benchmark {min(unknown)!r}; there are {', '.join(BENCHMARKS)}"
        )
    results: dict[str, Sequence[Line]] = {}
    for name in options.names or BENCHMARKS:
        print(f"measuring {name} ...", file=sys.stderr)
        given = {"sizes": options.size} if name == "search" and options.size else {}
        results[name] = BENCHMARKS[name](**given)
    if options.json:
        plain = {
            name: [one.plain() for one in lines] for name, lines in results.items()
        }
        print(json.dumps(plain))
    else:
        print("\n\n".join(table(name, lines) for name, lines in results.items()))


if __name__ == "__main__":
    main()
