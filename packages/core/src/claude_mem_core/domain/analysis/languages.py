# SPDX-License-Identifier: Apache-2.0
"""Which language words are of, told by the words that every text of it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from claude_mem_core.domain.analysis.folding import folded
from claude_mem_core.domain.terms import STOP_WORDS as ENGLISH

Language = Literal["en", "de", "es", "fr", "ru"]

LEAST = 2
"""Such words that make a text one of another language than English."""

_CUT_OFF = frozenset({"s", "t", "d", "ll", "m", "re", "ve"})
"""What is left of `it's` and `don't` behind the apostrophe."""

_LISTS: Mapping[Language, str] = {
    "de": """
        aber alle als am an auch auf aus bei beim bin bis da damit dann das dass dem den
        denn der des die dies diese dieser dieses doch du durch ein eine einem einen
        einer eines er es etwas für gegen habe haben hat hatte hatten hier ich ihm ihn
        ihr ihre im in ist ja jede jeder kann kein keine können man mehr mein meine mit
        muss nach nicht nichts noch nun nur ob oder ohne sein seine sich sie sind so
        soll über um und uns unser unter vom von vor war waren warum was weil wenn wer
        werden wie wieder will wir wird wo wurde wurden zu zum zur zwischen
    """,
    "es": """
        a al algo ante antes aquí así aunque cada como con contra cual cuando cuál cómo
        de del desde donde dónde durante el ella ellos en entre era es esa ese eso esta
        estaba están este esto está fue ha había hace han hasta hay la las le les lo los
        más me mi muy ni no nos nuestro o otra otro para pero por porque puede pues que
        quien qué se ser si sin sobre solo son su sus también tan te tenía tiene toda
        todo todos tu un una uno unos y ya yo él
    """,
    "fr": """
        à alors après au aussi autre aux avant avec avoir c ce ces cet cette comme d
        dans de des donc du elle en entre est et était être eu fait il ils j je l la le
        les leur lui m ma mais mes même moi mon n ne nos notre nous on ont ou où par pas
        plus pour pourquoi qu quand que quel quelle qui s sa sans se ses si son sont
        sous sur ta te tes ton tous tout tu un une vos votre vous y
    """,
    "ru": """
        а без более бы был была были было быть в вам вас весь во вот все всё вы где да
        для до его ее её если есть еще ещё же за здесь и из или им их к как какая какие
        какой когда кто ли мне можно мы на над нам нас не него нее нет ни но ну о об он
        она они оно от очень по под после почему при с со так такой там то тогда того
        тоже только том тут ты у уже что чтобы эта эти это этот я
    """,
}
STOP_WORDS: Mapping[Language, frozenset[str]] = {
    "en": ENGLISH | _CUT_OFF,
    **{one: frozenset(map(folded, text.split())) for one, text in _LISTS.items()},
}
"""Words that say nothing of what a text is about, without case and accents."""

_OF: Mapping[str, tuple[Language, ...]] = {
    word: tuple(one for one, own in STOP_WORDS.items() if word in own)
    for own in STOP_WORDS.values()
    for word in own
}


def evidence(words: Iterable[str]) -> Mapping[Language, int]:
    """How many of some folded words speak for each language."""
    found: Counter[Language] = Counter()
    for word in words:
        found.update(_OF.get(word, ()))
    return found


def language_of(words: Iterable[str]) -> Language:
    """The language of a text's folded words; English where little tells another."""
    found = evidence(words)
    english = found.get("en", 0)
    others = [one for one in found if found[one] >= LEAST and found[one] > english]
    return max(others, key=lambda one: found[one], default="en")
