# SPDX-License-Identifier: Apache-2.0
"""English words in one spelling, where British and American ones differ by a rule."""

from __future__ import annotations

import re

# No rule tells "summarise" from "promise", which has no other spelling.
_VERBS = (
    "author capital categor central character critic custom emphas final formal general"
    " global initial international item local material maxim memor minim modern neutral"
    " normal optim organ parallel parameter personal priorit quant random real recogn"
    " sanit serial special stabil standard summar symbol synchron token util vector"
    " virtual visual"
)
_WITH_S = re.compile(
    rf"((?:de|re|un)?(?:{'|'.join(_VERBS.split())}))is(?=e|ing|able|ation)"
)
_WITH_U = re.compile(
    r"([a-z]{2}[^aeou])our(?=(?:s|ed|ing|ite|ites|able|ful|less|al|ally)?$)"
)


def american(word: str) -> str:
    """The American spelling of a folded word: of `serialisation`, or of `behaviour`."""
    return _WITH_U.sub(r"\1or", _WITH_S.sub(r"\1iz", word, count=1))
