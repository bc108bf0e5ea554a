# SPDX-License-Identifier: Apache-2.0
"""A time that a question names is that time, in the language of the question."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from claude_mem_core.domain.analysis import asked
from claude_mem_core.domain.calendar import Times

HOUR = 3_600_000
LANGUAGES = {
    "de": "Januar Februar März April Mai$ Juni Juli$ August September Oktober November"
    " Dezember",
    "es": "enero febrero marzo abril mayo$ junio julio agosto septiembre octubre"
    " noviembre diciembre",
    "fr": "janvier février mars$ avril mai$ juin juillet août septembre octobre"
    " novembre décembre",
    "ru": "январе февраля марте апреля мае июня июле августе сентября октябре ноября"
    " декабре",
    "zh": "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    "ko": "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
}


def epoch(year: int, month: int, day: int = 15) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("question", "moment", "fits"),
    [
        ("What did we decide in May?", epoch(2023, 5), True),
        ("What did we decide in May?", epoch(2024, 5, 31), True),
        ("What did we decide in May?", epoch(2023, 6, 1), False),
        ("What broke in May 2023?", epoch(2023, 5), True),
        ("What broke in May 2023?", epoch(2024, 5), False),
        ("Between June and August?", epoch(2023, 8), True),
        ("may the parser march on?", epoch(2023, 5), False),
        ("what broke in 2023?", epoch(2023, 5), False),
        ("", epoch(2023, 5), False),
    ],
)
def test_a_moment_lies_in_a_month_that_is_named(
    question: str, moment: int, *, fits: bool
) -> None:
    assert Times.named_in(question).fit(moment) == fits


@pytest.mark.parametrize(
    "question",
    [
        *("Was haben wir im März entschieden?", "¿Qué decidimos en marzo?"),
        *(
            "Qu'a-t-on décidé en mars ?",
            "la réunion de mars 2024",
            "Mars 2024 : quoi ?",
        ),
        *("Что мы решили в марте?", "итоги марта 2024 года", "Март 2024: что решили"),
        *("我们在3月决定了什么", "2024年3月决定了什么", "三月份的会议", "2024年三月"),
        *(
            "3月に何を決めた?",
            "2024年\uff13月の障害",
            "3월에 무엇을 결정했나",
            "2024년 3월",
        ),
        *("what broke in 2024-03", "release 03/2024", "marzo de 2024"),
        *("MARZO DE 2024", "in March 2024", "März 2024"),
    ],
)
def test_march_is_march_in_every_language(question: str) -> None:
    times = Times.named_in(question)

    assert times.fit(epoch(2024, 3))
    assert not times.fit(epoch(2024, 4))
    assert not times.fit(epoch(2024, 12))
    assert times.fit(epoch(2023, 3)) == (
        "2024" not in unicodedata.normalize("NFKC", question)
    )


@pytest.mark.parametrize(
    "question",
    [
        *("the rover on Mars", "which planet is mars", "What did Mai say?", "no mayo"),
        *("What did Julio break?", "Juli called", "Марта позвонила", "may march on"),
        *("it took 3个月", "3か月かかった", "3개월 걸렸다", "13月", "3월요일"),
        *("CVE-2024-0312", "version 2.2024-03x", "path a/03/2024/b", "page 3/4"),
    ],
)
def test_what_only_looks_like_a_month_is_none(question: str) -> None:
    times = Times.named_in(question)

    assert not any(times.fit(epoch(2024, month)) for month in range(1, 13))


def test_every_month_has_its_name_in_every_language() -> None:
    for month in range(1, 13):
        for written in LANGUAGES.values():
            names = written.split()
            fits = [
                moment
                for moment in range(1, 13)
                if Times.named_in(names[month - 1].replace("$", " 2024")).fit(
                    epoch(2024, moment)
                )
            ]
            assert fits == [month], names[month - 1]


def test_a_day_of_no_calendar_is_none() -> None:
    assert Times.named_in("2024-02-31 and 99.12.2024") == Times()


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        *((word, 12, 12) for word in ("yesterday", "gestern", "ayer", "вчера")),
        *(
            (word, 12, 12)
            for word in ("昨天", "昨日", "어제", "qu'est-ce qui a cassé hier")
        ),
        *((word, 4, 10) for word in ("last week", "letzte Woche", "la semana pasada")),
        *((word, 4, 10) for word in ("la semaine dernière", "на прошлой неделе")),
        *((word, 4, 10) for word in ("上周", "先週", "지난주")),
        *((word, -28, 0) for word in ("last month", "letzten Monat", "el mes pasado")),
        *((word, -28, 0) for word in ("le mois dernier", "в прошлом месяце", "先月")),
    ],
)
def test_what_was_lately_is_told_by_the_clock(
    question: str, first: int, last: int
) -> None:
    # A Wednesday; what is told is the days of March 2024, the last of February is 0.
    times = Times.named_in(question, now=epoch(2024, 3, 13))
    days = [
        day - 28
        for day in range(60)
        if times.fit(epoch(2024, 2, 1) + 12 * HOUR + day * 24 * HOUR)
    ]

    assert days == [*range(first, last + 1)]
    assert Times.named_in(question) == Times()


def test_here_in_german_is_not_yesterday() -> None:
    question = "Was ist hier kaputt?"

    assert Times.named_in(question, now=epoch(2024, 3, 13)) == Times()


@pytest.mark.parametrize(
    "question",
    [
        *("what broke on 15 March?", "on March 15th, 2024", "the 15th of March"),
        *("March 15 2024", "am 15. März", "el 15 de marzo", "le 15 mars 2024"),
        *("15-го марта", "15 марта 2024 года"),  # noqa: RUF001
        *("3月15日の障害", "三月十五日决定了什么"),
        *("2024年三月十五號", "3월 15일에 무엇을"),
        *("what broke on 2024-03-15?", "am 15.03.2024", "am 15. 3. 2024", "15/03/2024"),
        *("03/15/2024", "2024/03/15", "2024年3月15日", "2024년 3월 15일"),
        "2024-03-15T10:00",
    ],
)
def test_a_day_of_a_named_month_is_that_day_and_those_right_after(question) -> None:
    times = Times.named_in(question, now=epoch(2024, 5))
    fits = [times.fit(epoch(2024, 3, day)) for day in range(1, 32)]

    assert fits == [0.6] * 14 + [1.0] * 4 + [0.6] * 13
    assert times.fit(epoch(2024, 3, 15) - 1) == 0.6
    assert times.fit(epoch(2024, 3, 19) - 1) == 1
    assert times.fit(epoch(2024, 4, 1)) == 0
    assert times.until(epoch(2024, 5)) == [(epoch(2024, 3, 15), epoch(2024, 3, 16))]
    assert not {"15", "15th"} & {word.text for word in times.others(asked(question))}


def test_a_day_that_may_be_either_of_two_is_both() -> None:
    times = Times.named_in("03/04/2024")

    assert times.fit(epoch(2024, 3, 4)) == times.fit(epoch(2024, 4, 3)) == 1
    assert times.fit(epoch(2024, 4, 10)) < 1


def test_a_day_without_a_year_is_the_last_one() -> None:
    times = Times.named_in("what was on 30 December?")

    assert times.fit(epoch(2025, 1, 1)) == 1
    assert times.until(epoch(2025, 1, 1)) == [
        (epoch(2024, 12, 30), epoch(2024, 12, 31))
    ]
    assert Times.named_in("29 February 2023").until(epoch(2025, 1, 1)) == []


@pytest.mark.parametrize(
    "question",
    [
        *(
            "March 2024",
            "April 31",
            "March 3.5",
            "v15 March",
            "March 15:30",
            "1:15 March",
        ),
        *("in March 15x", "三月", "3월 15"),
    ],
)
def test_what_is_no_day_of_a_month_leaves_the_month(question) -> None:
    times = Times.named_in(question)

    assert times.months
    assert not times.days
