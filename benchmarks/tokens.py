# SPDX-License-Identifier: Apache-2.0
"""How far the token estimate is from what a real tokenizer counts.

    python benchmarks/tokens.py VOCABULARY [FILE...]

`VOCABULARY` is the `tokenizer.json` of a model, read with the `tokenizers` library
(`pip install tokenizers`); `FILE` is text of your own. An error below zero is an
under-count: a budget would be exceeded by as much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean

from claude_mem_core.domain.tokens import estimated_tokens

HERE = Path(__file__).resolve().parent.parent
PIECE = 1500
"""Characters of a piece: about what a memory takes."""

CHINESE = "这个函数在没有电机的情况下读取了速度,因此程序崩溃了。我们修复了它。"
JAPANESE = "設定ファイルが見つからないとき、サーバーは起動を拒否します。"
KOREAN = "설정 파일이 없으면 서버가 시작을 거부합니다. 오류를 고쳤습니다."
RUSSIAN = "Сервер не запускается, если файл настроек не найден. Ошибка исправлена."


def main(arguments: Sequence[str]) -> int:
    """Print one line for each kind of text."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(arguments[0])
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def counted(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    print(f"{'kind':12} {'pieces':>6} {'mean':>7} {'lowest':>7} {'highest':>8}")
    for kind, text in kinds(arguments[1:]):
        errors = list(errors_of(text, counted))
        low, high = min(errors), max(errors)
        print(f"{kind:12} {len(errors):6} {fmean(errors):7.1%} {low:7.1%} {high:8.1%}")
    return 0


def kinds(files: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The texts, each with the name of its kind."""
    sources = sorted((HERE / "packages").glob("*/src/**/*.py"))
    code = "\n".join(path.read_text() for path in sources)
    names = dict.fromkeys(w for w in code.split() if "_" in w or w != w.lower())
    yield "prose", "\n".join(p.read_text() for p in sorted(HERE.glob("docs/**/*.md")))
    yield "code", code
    yield "identifiers", " ".join(names)
    for kind, text in (("chinese", CHINESE), ("japanese", JAPANESE)):
        yield kind, text * 100
    yield "korean", KOREAN * 60
    yield "russian", RUSSIAN * 60
    for name in files:
        yield Path(name).name[:12], Path(name).read_text()


def errors_of(text: str, counted: Callable[[str], int]) -> Iterator[float]:
    """By which part of the truth the estimate of each piece is too high."""
    for start in range(0, len(text) - PIECE, PIECE):
        piece = text[start : start + PIECE]
        true = counted(piece)
        yield (estimated_tokens(piece) - true) / true


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
