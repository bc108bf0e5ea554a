# SPDX-License-Identifier: Apache-2.0
"""What kind of memory a turn makes: its type and its concepts, by telling words."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FLAGS = re.IGNORECASE

PROCEDURE = re.compile(
    r"(?:commit|push|merge|rebase|pull|check ?out|switch|open|show|give|list|print"
    r"|read|run|continue|go|keep"
    r"|start|stop|undo|try|retry|wait|look|use|reply|respond|post|update linear"
    r"|one|another)\b",
    _FLAGS,
)
"""What is asked in the course of work, and answered for the moment."""

CHORE = re.compile(
    r"(?:commit|push|merge|rebase|pull|check ?out|switch|undo|stop|wait|try|retry"
    r"|run|reply|respond|post|update linear)\b|.*\bcommit (?:it|this)\b",
    _FLAGS,
)
"""What is asked and done for the moment only."""

TROUBLE = re.compile(
    r"\b(?:fix\w*|bugs?|broken|breaks|crash\w*|regressions?|fails?|failing|failed"
    r"|failure|wrong"
    r"|not working|doesn't work|does not work|isn't working|incorrect\w*|errors?|issue"
    r"|problem|panics?|missing|should(?:n't| not)|unexpected\w*|still (?:see|get"
    r"|show)\w*|leak\w*"
    r"|race|flaky|timeouts?|hangs?|stuck|slow|duplicat\w+)\b|错误|修复|失败|崩溃|问题|バグ|エラー"
    r"|修正|失敗|오류|버그|수정",
    _FLAGS,
)
"""The user's report of something wrong."""

DIAGNOSIS = re.compile(
    r"\b(?:root cause|the (?:actual |real )?(?:bug|problem|issue|culprit) (?:is|was)"
    r"|(?:bug|crash|failure) (?:is|was) caused)\b",
    _FLAGS,
)
"""The agent's word on what was wrong."""

REPAIRED = re.compile(
    r"\b(?:fix(?:ed|es)|the fix|resolved|no longer|now (?:works?|correctly"
    r"|properly|passes)|(?:the )?(?:actual |real )?(?:bug|problem|issue) was|corrected"
    r"|works now|now(?=[.!]?$))\b|修复了|已修复|修正しました|解決|수정했",
    _FLAGS,
)
"""The agent's word that it is mended."""

# The deed that a title or a request begins with; else one that is asked for in it.
_DEEDS = (
    (
        "refactor",
        (
            r"refactor\w*|renam\w+|mov(?:e|ed|ing)|extract\w*|clean(?:ed)? ?up"
            r"|simplif\w+|consolidat\w+|dedup\w*|inlin\w+|reorgani\w+|split|unif\w+|重构|リファクタ"
        ),
    ),
    (
        "feature",
        (
            r"add(?:ed)?|implement(?:ed)?|create(?:d)?|introduce(?:d)?|support|build|built"
            r"|添加|实现|新增|追加|実装|추가|구현"
        ),
    ),
    (
        "change",
        (
            r"updat\w+|chang\w+|remov\w+|replac\w+|delet\w+|revert\w*|drop\w*|set|made|make"
            r"|switch\w*|adjust\w*|use[ds]?|document\w*|improv\w*|hid\w*|wrap\w*"
        ),
    ),
)
_LEADING = tuple((name, re.compile(rf"(?:{deed})\b", _FLAGS)) for name, deed in _DEEDS)
_ANYWHERE = tuple(
    (name, re.compile(rf"(?<!\w)(?:{deed})(?!\w)|[一-鿿ぁ-ヿ가-힣]*(?:{cjk})", _FLAGS))
    for name, deed, cjk in (
        ("refactor", _DEEDS[0][1], "重构|リファクタ"),
        (
            "feature",
            r"add|implement|create|introduce|support",
            "添加|实现|新增|追加|実装|추가|구현",
        ),
    )
)
_SECURITY = re.compile(
    r"\b(?:vulnerabilit\w+|CVE-\d+|(?:sql|command|shell|prompt) injection"
    r"|path traversal"
    r"|xss|csrf|ssrf|privilege escalation|leak\w* (?:the )?(?:key|secret|token"
    r"|password|credential)s?"
    r"|expos\w+ (?:the )?(?:\w+ )?(?:api ?key|secret|token|password|credential)s?)\b",
    _FLAGS,
)
_CONCEPTS: Mapping[str, re.Pattern[str]] = {
    "why-it-exists": re.compile(
        r"\b(?:because|since|so that|in order to|the reason|therefore|that's why)\b",
        _FLAGS,
    ),
    "gotcha": re.compile(
        r"\b(?:gotcha|caveat|careful|beware|edge case|subtle|unless|pitfall)\b", _FLAGS
    ),
    "trade-off": re.compile(
        r"\b(?:trade-?offs?|instead of|rather than|downside|pros|cons|alternatives?)\b",
        _FLAGS,
    ),
    "pattern": re.compile(
        r"\b(?:patterns?|convention|consistent with|idiomatic)\b", _FLAGS
    ),
}
_FIRST_CONCEPT: Mapping[str, str] = {
    "bugfix": "problem-solution",
    "discovery": "how-it-works",
    "security_note": "gotcha",
    "decision": "trade-off",
}
MOST_CONCEPTS = 3


def change_type(asked: str, told: str) -> str:
    """The type of a change that mended nothing, the user's word first.

    Args:
        asked: The request without its courtesies: it begins with what is to be done.
        told: The title: it begins with what was done.
    """
    for signs in (_LEADING, _ANYWHERE):
        for text in (asked, told):
            for name, sign in signs:
                if sign.match(text) if signs is _LEADING else sign.search(text):
                    return name
    return "change"


def finding_type(text: str) -> str:
    """The type of what was found out without a change."""
    return "security_note" if _SECURITY.search(text) else "discovery"


def concepts_of(type_name: str, text: str) -> tuple[str, ...]:
    """Up to three of the contract's concepts, the type's own first."""
    first = _FIRST_CONCEPT.get(type_name, "what-changed")
    found = (name for name, sign in _CONCEPTS.items() if sign.search(text))
    return tuple(dict.fromkeys((first, *found)))[:MOST_CONCEPTS]
