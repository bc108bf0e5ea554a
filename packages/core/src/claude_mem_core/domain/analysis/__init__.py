# SPDX-License-Identifier: Apache-2.0
"""From a text to the words under which it is found.

Every store indexes what `tokens` gives and every question asks for what `asked` gives:
all stores find the same, whatever their own full-text index makes of a language. A
token is a run of letters and digits without case and accents.
"""

from __future__ import annotations

from claude_mem_core.domain.analysis.analyser import VERSION, analysed, tokens
from claude_mem_core.domain.analysis.question import Question, Word, asked

__all__ = ["VERSION", "Question", "Word", "analysed", "asked", "tokens"]
