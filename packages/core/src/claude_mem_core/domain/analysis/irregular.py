# SPDX-License-Identifier: Apache-2.0
"""English verbs, nouns and adjectives whose forms the rules do not bring together."""

from __future__ import annotations

from collections.abc import Mapping

# A form that is a common word of its own, such as `left`, is not here. Porter's rules
# take a `d` from "added", and know no degrees of a short adjective.
_FORMS = """
    add added adding
    analyze analyse analysed analysing analysis analyses
    arise arose arisen
    awake awoke awoken
    beat beaten
    become became
    begin began begun
    bend bent
    bite bit bitten
    blow blew blown
    break broke broken
    bring brought
    build built
    burn burnt
    buy bought
    catch caught
    choose chose chosen
    come came
    creep crept
    deal dealt
    diagnose diagnosis diagnoses
    die dies died dying
    dig dug
    draw drew drawn
    drink drank drunk
    drive drove driven
    eat ate eaten
    err erred erring
    fall fell fallen
    feed fed
    feel felt
    fight fought
    find found
    fly flew flown
    forbid forbade forbidden
    foresee foresaw foreseen
    forget forgot forgotten
    forgive forgave forgiven
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
    lay laid
    lead led
    learn learnt
    lend lent
    lie lies lied lying
    light lit
    lose lost
    make made
    mean meant
    meet met
    mistake mistook mistaken
    overcome overcame
    override overrode overridden
    oversee oversaw overseen
    overwrite overwrote overwritten
    pay paid
    prove proven
    rebuild rebuilt
    redo redid redone
    rerun reran
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
    shoot shot
    show shown
    shrink shrank shrunk
    sing sang sung
    sink sank sunk
    sit sat
    sleep slept
    slide slid
    speak spoke spoken
    spell spelt
    spend spent
    spill spilt
    spin spun
    spring sprang sprung
    stand stood
    steal stole stolen
    stick stuck
    strike struck
    swear swore sworn
    sweep swept
    swim swam swum
    swing swung
    take took taken
    teach taught
    tear tore torn
    tell told
    think thought
    throw threw thrown
    tie ties tied tying
    undergo underwent undergone
    understand understood
    undo undid undone
    wake woke woken
    wear wore worn
    weave wove woven
    win won
    withdraw withdrew withdrawn
    withhold withheld
    write wrote written
    child children
    criterion criteria
    foot feet
    goose geese
    half halves
    hypothesis hypotheses
    index indices
    knife knives
    man men
    matrix matrices
    mouse mice
    parenthesis parentheses
    person people
    shelf shelves
    thief thieves
    tooth teeth
    vertex vertices
    wife wives
    wolf wolves
    woman women
    big bigger biggest
    broad broader broadest
    cheap cheaper cheapest
    clean cleaner cleanest
    clear clearer clearest
    close closer closest
    cold colder coldest
    dark darker darkest
    deep deeper deepest
    early earlier earliest
    easy easier easiest
    fast faster fastest
    few fewer fewest
    great greater greatest
    happy happier happiest
    hard harder hardest
    heavy heavier heaviest
    high higher highest
    hot hotter hottest
    large larger largest
    light lighter lightest
    long longer longest
    loud louder loudest
    low lower lowest
    narrow narrower narrowest
    near nearer nearest
    new newer newest
    nice nicer nicest
    old older oldest
    poor poorer poorest
    quick quicker quickest
    rare rarer rarest
    safe safer safest
    short shorter shortest
    simple simpler simplest
    slow slower slowest
    small smaller smallest
    smart smarter smartest
    soft softer softest
    strict stricter strictest
    strong stronger strongest
    tall taller tallest
    thick thicker thickest
    thin thinner thinnest
    tight tighter tightest
    tiny tinier tiniest
    tough tougher toughest
    warm warmer warmest
    weak weaker weakest
    wide wider widest
    young younger youngest
"""
IRREGULAR: Mapping[str, str] = {
    form: base
    for base, *forms in (line.split() for line in _FORMS.strip().splitlines())
    for form in forms
}
"""From a form to the word that it is a form of."""
