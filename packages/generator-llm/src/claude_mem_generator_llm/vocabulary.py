# SPDX-License-Identifier: Apache-2.0
"""The words of an answer: what the prompt asks for is what the parser reads."""

from __future__ import annotations

import re
from typing import Final, Literal

OBSERVATION: Final = "observation"
SUMMARY: Final = "summary"
SKIP: Final = "skip_summary"
Wanted = Literal["observation", "summary"]
"""What a model is asked for."""

ROOTS = (OBSERVATION, SUMMARY, SKIP)

TEXTS = ("type", "title", "subtitle", "narrative", "evidence")
ITEMS = ("fact", "concept", "file")
LISTS = ("facts", "concepts", "files_read", "files_modified")
SUMMARY_PARTS = (
    "request",
    "investigated",
    "learned",
    "completed",
    "next_steps",
    "notes",
)
TELLING_PARTS = SUMMARY_PARTS[:5]
"""A summary with none of them is none: notes alone summarise nothing."""

LEAVES = frozenset((*TEXTS, *ITEMS, *SUMMARY_PARTS))
TAGS = (*ROOTS, *TEXTS, *ITEMS, *LISTS, *SUMMARY_PARTS)

SUBTITLE_WORDS = 24

SKIP_FORM = f'<{SKIP} reason="why"/>'

OBSERVATION_FORM = f"""<{OBSERVATION}>
<type>one of the types</type>
<title>what happened, in a few words</title>
<subtitle>what it means, at most {SUBTITLE_WORDS} words</subtitle>
<facts><fact>one fact that stands alone</fact></facts>
<narrative>what was done, how it works and why</narrative>
<concepts><concept>one of the concepts</concept></concepts>
<files_read><file>path</file></files_read>
<files_modified><file>path</file></files_modified>
<evidence>the numbers of the events that show it, such as 2, 5</evidence>
</{OBSERVATION}>"""

SUMMARY_FORM = f"""<{SUMMARY}>
<request>what the user wanted</request>
<investigated>what was looked at</investigated>
<learned>what was found out</learned>
<completed>what was done</completed>
<next_steps>what is left</next_steps>
<notes>anything else</notes>
<evidence>the numbers of the events that show it, such as 1, 3</evidence>
</{SUMMARY}>"""

FORM_WORDS = frozenset(re.findall(r">([^<>\n]+)<", OBSERVATION_FORM + SUMMARY_FORM))
"""What the forms say in the place of an answer: who repeats it says nothing."""
