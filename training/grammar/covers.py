"""Opening and closing, positions, and locks.

`{cover}` and `{covers}` are one or many of a kind and set `device_class`; `{own_cover}` is one with a name of its own.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_COMMON = {
    "all": "all|all of|both|all of|every one of",
    "want": "i want|i need|i would like|i'd like|we want|we need|can i have|can we have|could i have|let's have",
    "where": "in [the]|in [the]|in [the]|over in [the]|of [the]",
    "house": "in the house|in the whole house|everywhere|in here|in this room|around the house",
    "garage": "garage|garage door|garage door|garage doors|car gate",
}
_OPEN = _COMMON | {
    "open": "open|open|open|open|open up|extend|raise|lift|pull up|roll up|draw back|pull open|draw open|pull back|push open|crack open|get",
    "swing": "open|open|open|open up|swing open|throw open|pop open|push open",
    "up": "up|open|back|up",
    "move": "pull|roll|put|bring|slide|push|get|draw",
    "is": "open|opened|up",
    "doing": "opening|raising|rolling up",
    "lock": "lock|lock|lock|lock up|bolt|secure|latch|deadbolt|double lock|lock down",
    "locked": "locked|secured|bolted",
}
_CLOSE = _COMMON | {
    "open": "close|close|close|shut|shut|retract|lower|pull down|roll down|draw|pull shut|draw closed|bring down|put down|drop|pull closed|let down",
    "swing": "close|close|shut|shut|close up|pull shut|push shut|slam",
    "up": "down|shut|closed|down",
    "move": "pull|roll|put|bring|slide|push|let|draw",
    "is": "closed|shut|down",
    "doing": "closing|shutting|lowering",
    "lock": "unlock|unlock|unlock|unbolt|unlatch|release the lock of|take the lock off|undo the lock on",
    "locked": "unlocked|unbolted",
}

_MOVING = """
!2 <open> the {room} {covers} (all the way|fully|completely|entirely) => domain: cover
!1 <open> the {covers} (all the way|fully|completely) [in [the] {area}] => domain: cover
!8 <open> the {room} {covers} => domain: cover
!4 <open> [<all>] the {covers} <where> {area} => domain: cover
!3 <open> {room} {covers} => domain: cover
!3 <open> the {room} {cover} => domain: cover
!2 <open> the {cover} <where> {area} => domain: cover
!4 <open> [<all>] the {covers} [<house>] => domain: cover
!2 <open> (all {covers}|every {cover}) [<house>] => domain: cover
!2 <open> the {cover} => domain: cover
!2 <open> (my|our|these|those) {covers} => domain: cover
!3 <move> the {covers} <up> [<where> {area}] => domain: cover
!2 <move> the {room} {covers} <up> => domain: cover
!1 <open> [all] the {covers} [on the] {floor} => domain: cover
!1 <open> the {floor} {covers} => domain: cover
.2 {covers} <up> [please] => domain: cover
.2 [the] {room} {covers} <up> => domain: cover
.1 {covers} <up> in [the] {area} => domain: cover
.1 <want> the {room} {covers} <is> => domain: cover
.1 <want> the {covers} <is> [in [the] {area}] => domain: cover
.1 (would you mind|do you mind|how about) <doing> the {room} {covers} => domain: cover
.1 (make sure|see that|make sure that) the {room} {covers} are <is> => domain: cover
.1 the {room} {covers} (should be|must be|need to be) <is> => domain: cover
!4 <open> the {own_cover} => domain: cover
!2 <open> {own_cover} => domain: cover
!2 <open> the {own_cover} <where> {area} => domain: cover
.1 [the] {own_cover} <up> => domain: cover
!5 <swing> the {room} {way} => domain: cover
!3 <swing> the {way} <where> {area} => domain: cover
!2 <swing> {room} {way} => domain: cover
!3 <swing> [<all>] the {ways} [<house>] => domain: cover
!2 <swing> the {room} {ways} => domain: cover
!2 <swing> [<all>] the {ways} <where> {area} => domain: cover
!2 <swing> the {way} => domain: cover
!1 <swing> (all {ways}|every {way}) [<house>] => domain: cover
!1 <swing> [all] the {ways} [on the] {floor} => domain: cover
!5 <swing> the {own_way} => domain: cover
!2 <swing> {own_way} => domain: cover
!1 <swing> (my|our) {own_way} => domain: cover
!1 <swing> the {own_way} <where> {area} => domain: cover
.1 <want> the {own_way} <is> => domain: cover
.1 [the] {own_way} <is> => domain: cover
.1 <want> the {room} {way} <is> => domain: cover
.1 [the] {room} {ways} <is> => domain: cover
!6 <swing> the <garage> => domain: cover; device_class: garage
!3 <swing> [my|our] <garage> => domain: cover; device_class: garage
!2 <open> the <garage> => domain: cover; device_class: garage
!1 <move> the <garage> <up> => domain: cover; device_class: garage
.1 <garage> <is> [please] => domain: cover; device_class: garage
.1 <want> the <garage> <is> => domain: cover; device_class: garage
.1 (would you mind|do you mind|how about) <doing> the <garage> => domain: cover; device_class: garage
!3 <valve> the {valve} => domain: valve
!1 <valve> {valve} => domain: valve
!2 <valve> the {room} (valve|valves) => domain: valve
!2 <valve> the (valve|valves) in [the] {area} => domain: valve
!1 <valve> (all valves|all the valves|every valve|the valve|the valves|all of the valves) => domain: valve
!1 <valve> the {valve} in [the] {area} => domain: valve
.1 <want> the {valve} <is> => domain: valve
"""

_LOCKING = """
!8 <lock> the {own_door} => domain: lock
!3 <lock> {own_door} => domain: lock
!2 <lock> (my|our) {own_door} => domain: lock
!5 <lock> the {room} (door|doors|lock) => domain: lock
!2 <lock> {room} (door|doors) => domain: lock
!3 <lock> [<all>] the (door|doors|locks|lock) <where> {area} => domain: lock
!2 <lock> the {room} => domain: lock
!3 <lock> [<all>] the (doors|locks|door) [<house>] => domain: lock
!1 <lock> (all doors|every door|all locks|every lock|everything|the house|the place|the home|the apartment|all the doors and gates) => domain: lock
!1 <lock> [all] the doors [on the] {floor} => domain: lock
!1 <lock> the lock (on|of) the {own_door} => domain: lock
!1 <lock> the {own_door} in [the] {area} => domain: lock
.1 <want> the {own_door} <locked> => domain: lock
.1 <want> [all] the doors <locked> => domain: lock
.1 the {own_door} (should be|must be|needs to be|has to be) <locked> => domain: lock
.1 (make sure|see that|see to it that|make sure that|be sure) the {own_door} is <locked> => domain: lock
.1 (make sure|see that|make sure that) [all] the doors are <locked> => domain: lock
.1 (keep|leave|get) the {own_door} <locked> => domain: lock
!1 (keep|leave|get) the {own_door} <locked> => domain: lock
.1 (would you mind|do you mind|how about) (@ing) the {own_door} => domain: lock
"""

_ONLY_LOCK = """
!2 (lock up|lock it up|lock everything up|lock down the house|lock up the house|lock up for the night) [now|please] => domain: lock
.1 (did you|have you|i|we) (forgotten|forgot) to lock the {own_door} => domain: lock
"""
_ONLY_UNLOCK = """
.1 (let me|let us|let {someone}|let them) in [through|by] the {own_door} => domain: lock
.1 (i'm|i am|we're) at the {own_door} unlock it => domain: lock
"""

OPEN = block(_MOVING, _OPEN | {"valve": "open|open|turn on|open up"}) + block(_LOCKING, _OPEN | {"@": "lock"})
OPEN += block(_ONLY_LOCK, _OPEN)
CLOSE = block(_MOVING, _CLOSE | {"valve": "close|close|shut|turn off|shut off"}) + block(
    _LOCKING, _CLOSE | {"@": "unlock"}
)
CLOSE += block(_ONLY_UNLOCK, _CLOSE)

_POSITION = """
!6 <set> the {room} {covers} (to|at) {percent} [open]
!3 <set> {room} {covers} to {percent} [open]
!4 <set> [all] the {covers} <where> {area} (to|at) {percent} [open]
!3 <set> [all] the {covers} (to|at) {percent} [open]
!2 <set> the {covers} to {percent} <where> {area}
!3 <set> the {room} {cover} (to|at) {percent}
!2 <set> the {cover} <where> {area} to {percent}
!3 <set> the {own_cover} (to|at) {percent} [open]
!1 <set> {own_cover} to {percent}
!1 <set> the {own_cover} in [the] {area} to {percent}
!2 <set> the position of the {room} {covers} to {percent}
!2 <set> the {room} {covers} position to {percent}
!1 <set> the position of the {own_cover} to {percent}
!1 <set> the {own_cover} position to {percent}
!2 <set> the {valve} to {percent} [open] => domain: valve
!1 <open> the {valve} (to|by) {percent} => domain: valve
!1 <open> the {valve} (halfway|half way|half) => domain: valve; position: 50
!1 <set> the position of the {covers} [in [the] {area}] to {percent}
!3 <open> the {room} {covers} [to|by] {percent}
!2 <open> the {covers} (to|by|up to|down to) {percent} [in [the] {area}]
!2 <open> the {own_cover} (to|up to|down to) {percent}
!1 <open> the {room} {ways} (to|by) {percent}
!1 <open> the {way} in [the] {area} (to|by) {percent}
!1 <open> the {own_way} (to|by) {percent}
!1 <set> the {room} {ways} (to|at) {percent} [open]
!1 <set> the {own_way} to {percent}
!2 <open> the <garage> (to|by) {percent} => device_class: garage
!1 <set> the <garage> to {percent} [open] => device_class: garage
.2 [the] {room} {covers} [to|at] {percent}
.1 {covers} in [the] {area} (to|at) {percent}
.1 {covers} (to|at) {percent}
.1 [the] {own_cover} (to|at) {percent}
.1 (i want|i'd like|i would like) the {room} {covers} (at|to be|to be at) {percent} [open]
.1 (i want|i'd like) the {covers} in [the] {area} {percent} open
!3 <open> the {room} {covers} (halfway|half way|half) => position: 50
!2 <open> the {covers} (halfway|half way|half) [in [the] {area}] => position: 50
!1 <open> the {own_cover} (halfway|half way|half) => position: 50
!1 (half open|half close|half raise) the {room} {covers} => position: 50
!1 <set> the {room} {covers} (to half|to halfway|halfway|half open|to half open|in the middle|to the middle) => position: 50
!1 <set> the {covers} in [the] {area} (to half|halfway|half open) => position: 50
!1 <open> the <garage> (halfway|half way) => device_class: garage; position: 50
.1 [the] {room} {covers} (halfway|half open|half way) => position: 50
!1 <open> the {room} {covers} (a quarter|one quarter|a quarter of the way) => position: 25
!1 <open> the {covers} in [the] {area} (a quarter|a quarter of the way) => position: 25
!1 <open> the {room} {covers} (three quarters|three quarters of the way) => position: 75
!1 <set> the {room} {covers} to three quarters => position: 75
.1 [the] {room} {covers} (half|half way|halfway) (open|closed|down|up|shut) => position: 50
!1 (put|set|leave|keep|have) the {room} {covers} (half open|half closed|half way down|halfway up|half down|half shut) => position: 50
!1 (put|set|leave|keep|have) the {covers} [in [the] {area}] (half open|half closed|halfway down|halfway up) => position: 50
!1 (put|set|leave|have) the {room} {covers} (a quarter open|one quarter open|quarter open) => position: 25
!1 (put|set|leave|have) the {room} {covers} (three quarters open|three quarter open) => position: 75
!1 <set> the {room} {covers} to a quarter => position: 25
!1 <set> the {room} {covers} to (fully open|maximum|full|the top) => position: 100
"""

POSITION = block(
    _POSITION,
    {
        "set": "set|set|set|put|move|bring|adjust|change|turn",
        "open": "open|open|open|close|raise|lower|lift|roll up|pull up|pull down|shut|bring up",
        "where": "in [the]|in [the]|of [the]",
        "garage": "garage|garage door",
    },
    domain="cover",
)
