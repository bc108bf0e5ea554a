# SPDX-License-Identifier: Apache-2.0
"""English verbs and nouns whose forms no rule gives."""

from __future__ import annotations

from collections.abc import Mapping

# A form that is a common word of its own, such as `left`, is not here.
_FORMS = """
    arise arose arisen
    become became
    begin began begun
    bend bent
    bite bit bitten
    blow blew blown
    break broke broken
    bring brought
    build built
    buy bought
    catch caught
    choose chose chosen
    come came
    deal dealt
    dig dug
    draw drew drawn
    drink drank drunk
    drive drove driven
    eat ate eaten
    fall fell fallen
    feed fed
    feel felt
    fight fought
    find found
    fly flew flown
    forget forgot forgotten
    freeze froze frozen
    get got gotten
    give gave given
    go goes went gone
    grow grew grown
    hang hung
    hear heard
    hide hid hidden
    hold held
    keep kept
    know knew known
    lead led
    learn learnt
    lend lent
    lose lost
    make made
    mean meant
    meet met
    override overrode overridden
    overwrite overwrote overwritten
    pay paid
    rebuild rebuilt
    rewrite rewrote rewritten
    ride rode ridden
    ring rang rung
    rise rose risen
    run ran
    say said
    see saw seen
    seek sought
    sell sold
    send sent
    shake shook shaken
    show shown
    shrink shrank shrunk
    sing sang sung
    sink sank sunk
    sit sat
    sleep slept
    speak spoke spoken
    spend spent
    spin spun
    stand stood
    steal stole stolen
    stick stuck
    strike struck
    swear swore sworn
    swim swam swum
    take took taken
    teach taught
    tear tore torn
    tell told
    think thought
    throw threw thrown
    understand understood
    undo undid undone
    wake woke woken
    wear wore worn
    win won
    write wrote written
    child children
    foot feet
    index indices
    man men
    mouse mice
    person people
    tooth teeth
    woman women
"""
IRREGULAR: Mapping[str, str] = {
    form: base
    for base, *forms in (line.split() for line in _FORMS.strip().splitlines())
    for form in forms
}
"""From a form to the word that it is a form of."""
