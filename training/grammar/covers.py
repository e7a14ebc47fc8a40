"""Opening and closing, positions, and locks.

`{cover}` and `{covers}` are one or many of a kind and set `device_class`; `{own_cover}` is one with a name of its own.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE, RATHER
from .pattern import block

_COMMON = {
    "polite": POLITE,
    "rather": RATHER,
    "all": "all|all of|both|all of|every one of",
    "want": "i want|i need|i would like|i'd like|we want|we need|can i have|can we have|could i have|let's have",
    "where": "in [the]|in [the]|in [the]|over in [the]|of [the]",
    "house": "in the house|in the whole house|everywhere|in here|in this room|around the house",
    "garage": "garage|garage door|garage door|garage doors|car gate",
}
_OPEN = _COMMON | {
    "open": "open|open|open|open|open up|raise|lift|pull up|roll up|draw back|pull open|draw open|pull back|push open|crack open",
    "swing": "open|open|open|open up|swing open|throw open|pop open|push open",
    "up": "up|open|back|up",
    "move": "pull|roll|put|bring|slide|push|get|draw",
    "is": "open|opened|up",
    "doing": "opening|raising|rolling up",
    "lock": "lock|lock|lock|lock up|bolt|secure|latch|deadbolt|double lock|lock down",
    "locked": "locked|secured|bolted",
}
_CLOSE = _COMMON | {
    "open": "close|close|close|shut|shut|lower|pull down|roll down|draw|pull shut|draw closed|bring down|put down|drop|pull closed|let down",
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
.3 <polite> (<open> the {room} {covers}|<open> the {covers}|<open> the {covers} <where> {area}|<open> the {own_cover}|<open> the {room} {cover}|<move> the {covers} <up>) => domain: cover
.3 <polite> (<swing> the {room} {way}|<swing> the {way} <where> {area}|<swing> the {own_way}|<swing> the {ways}|<swing> the {room} {ways}) => domain: cover
.2 <polite> (<swing> the <garage>|<open> the <garage>) => domain: cover; device_class: garage
.1 <rather> (the {room} {covers} <is>|the {covers} <is> in [the] {area}|the {covers} <is>|the {own_cover} <is>) => domain: cover
.1 <rather> (the {room} {way} <is>|the {ways} <is> in [the] {area}|the {own_way} <is>|the {ways} <is>) => domain: cover
.1 <rather> the <garage> <is> => domain: cover; device_class: garage
.2 ({covers} {room}|{room} {covers}|{covers} in [the] {area}) [all the way|completely] <up> [please|now] => domain: cover
!2 <move> the ({room} {cover}|{own_cover}|{cover} <where> {area}|{room} {covers} all the way) <up> => domain: cover
.1 the ({room} {covers}|{covers} <where> {area}|{own_cover}) (can|may|could|should|have to|must) (go|come|be) <up> [now] => domain: cover
.1 (in|over in) [the] {area} <open> the {covers} => domain: cover
.1 in [the] {area} <swing> the (window|window please) => domain: cover; device_class: window
.1 (would you mind|do you mind|how about|what about) <doing> the ({covers} in [the] {area}|{covers}|{own_cover}|{room} {cover}) => domain: cover
.1 <polite> <valve> (the {valve}|the {room} valve|all valves|the valve <where> {area}) => domain: valve
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
.3 <polite> (<lock> the {own_door}|<lock> the {room} door|<lock> the doors|<lock> [all] the doors) => domain: lock
.1 <rather> (the {own_door} <locked>|the {room} door <locked>|the doors <locked>|all doors <locked>) => domain: lock
.1 (the {own_door}|the {room} door) [please] @ it [please|now|for me] => domain: lock
.1 (the {own_door}|the {room} door|all doors|the doors) (can|may|should|must|has to|could|have to) be <locked> [now] => domain: lock
!1 (get|have) (the {own_door}|the {room} door|all the doors|my {own_door}) <locked> [for me] => domain: lock
"""

_ONLY_LOCK = """
!2 (lock up|lock it up|lock everything up|lock down the house|lock up the house|lock up for the night) [now|please] => domain: lock
.1 (did you|have you|i|we) (forgotten|forgot) to lock the {own_door} => domain: lock
.2 (i|we|someone|somebody|the kids) (left|have left|must have left) the {own_door} (unlocked|unbolted) => domain: lock
.1 (i|we|someone) (left|have left) the {room} door (unlocked|unbolted) => domain: lock
.1 (i|we|someone|somebody) (forgot to lock|didn't lock|did not lock|have forgotten to lock) the (door|doors) => domain: lock
.1 the {own_door} (isn't|is not|is still not) (locked|bolted) (lock it|please lock it|so lock it) => domain: lock
!1 (secure|lock up|bolt up) the (house|place|home|apartment) (for the night|please|now|for tonight) => domain: lock
"""
_ONLY_UNLOCK = """
.1 (i'm|i am|we're|{someone} is) (locked out|waiting|standing) at the {own_door} (let me in|let us in|unlock it|please unlock it|open the lock) => domain: lock
.1 (let me|let us|let {someone}|let them) in [through|by] the {own_door} => domain: lock
.1 (i'm|i am|we're) at the {own_door} unlock it => domain: lock
"""

_LEFT_OPEN = """
.2 (i|we|someone|somebody|the kids|you) (left|have left|must have left) the (garage|garage door) [wide] open => device_class: garage
.1 (i|we|someone|somebody|you) (forgot|have forgotten) to (close|shut) the (garage|garage door) => device_class: garage
.3 (i|we|someone|somebody|the kids|you) (left|have left|must have left) (the {room} {way}|the {way} <where> {area}|the {own_way}) [wide] open
.2 (i|we|someone|somebody|you) (forgot|have forgotten) to (close|shut) (the {room} {way}|the {way} <where> {area}|the {own_way}|the {room} {covers})
"""
"""Hints: what was left open is to be closed."""

_AWNINGS = """
!2 <out> (the {room} awnings|the {room} awning|the awnings|the awning|all awnings|the awning <where> {area}|the awnings <where> {area}) => domain: cover; device_class: awning
"""

OPEN = block(_MOVING, _OPEN | {"valve": "open|open|turn on|open up"}) + block(_LOCKING, _OPEN | {"@": "lock"})
OPEN += block(_ONLY_LOCK, _OPEN)
OPEN += block(_AWNINGS, _COMMON | {"out": "extend|extend|put out|let out|roll out|wind out"})
CLOSE = block(_MOVING, _CLOSE | {"valve": "close|close|shut|turn off|shut off"}) + block(
    _LOCKING, _CLOSE | {"@": "unlock"}
)
CLOSE += block(_AWNINGS, _COMMON | {"out": "retract|retract|take in|roll in|wind in|pull in"})
CLOSE += block(_ONLY_UNLOCK, _CLOSE) + block(_LEFT_OPEN, _CLOSE, domain="cover")

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
!1 <open> the {valve} to {percent} => domain: valve
!1 <open> the {valve} (halfway|half way|half) => domain: valve; position: 50
!1 <set> the position of the {covers} [in [the] {area}] to {percent}
!3 <open> the {room} {covers} to {percent}
!2 <raise> the {room} {covers} {percent}
!2 <open> the {covers} (to|up to|down to) {percent} [in [the] {area}]
!2 <open> the {own_cover} (to|up to|down to) {percent}
!1 <open> the {room} {ways} to {percent}
!1 <open> the {way} in [the] {area} to {percent}
!1 <open> the {own_way} to {percent}
!1 <set> the {room} {ways} (to|at) {percent} [open]
!1 <set> the {own_way} to {percent}
!2 <open> the <garage> to {percent} => device_class: garage
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
!1 <raise> the {room} {covers} (a quarter|one quarter|a quarter of the way) => position: 25
!1 <drop> the {room} {covers} (a quarter|one quarter|a quarter of the way) => position: 75
!1 <raise> the {covers} in [the] {area} (a quarter|a quarter of the way) => position: 25
!1 <raise> the {room} {covers} (three quarters|three quarters of the way) => position: 75
!1 <drop> the {room} {covers} (three quarters|three quarters of the way) => position: 25
!1 <set> the {room} {covers} to three quarters => position: 75
.1 [the] {room} {covers} (half|half way|halfway) (open|closed|down|up|shut) => position: 50
!1 (put|set|leave|keep|have) the {room} {covers} (half open|half closed|half way down|halfway up|half down|half shut) => position: 50
!1 (put|set|leave|keep|have) the {covers} [in [the] {area}] (half open|half closed|halfway down|halfway up) => position: 50
!1 (put|set|leave|have) the {room} {covers} (a quarter open|one quarter open|quarter open) => position: 25
!1 (put|set|leave|have) the {room} {covers} (three quarters open|three quarter open) => position: 75
!1 <set> the {room} {covers} to a quarter => position: 25
!1 <set> the {room} {covers} to (fully open|maximum|full|the top) => position: 100
.2 <polite> (<set> the {room} {covers} to {percent}|<set> the {covers} <where> {area} to {percent}|<set> the {own_cover} to {percent}|<open> the {room} {covers} to {percent}|<open> the {covers} to {percent})
.2 <rather> (the {room} {covers} {percent} open|the {covers} <where> {area} at {percent}|the {room} {covers} at {percent}|the {own_cover} at {percent}|the {covers} {percent} open)
.2 ({covers} {room}|{room} {covers}|{own_cover}|{covers}) {percent} (open|please|now|position)
.1 {covers} {room} [to|at] {percent}
.1 {percent} (for|on) the ({room} {covers}|{covers} <where> {area}|{own_cover})
.1 the ({room} {covers}|{covers} <where> {area}|{own_cover}) (should be|can be|must be|need to be|ought to be) [at|set to] {percent} [open]
!1 (leave|keep|have|hold|stop) the ({room} {covers}|{covers} <where> {area}|{own_cover}|{covers}) at {percent}
!1 (let|run|slide|drive) the ({room} {covers}|{covers} <where> {area}|{covers}) (down|up) to {percent}
!1 take the {room} {covers} (up|down|) to {percent}
.1 (<rather>|let's have) (the {room} {covers}|the {covers} <where> {area}|the {own_cover}) (half open|halfway|half way open|half closed|half way up) => position: 50
.1 <polite> <open> (the {room} {covers}|the {covers} <where> {area}|the {own_cover}) (halfway|half way|half) => position: 50
.1 ({covers} {room}|{covers} in [the] {area}|{own_cover}|{room} {cover}) (half|halfway|half open|half way) [please|up|down] => position: 50
!1 (open|close|bring|put|move) (the {cover} <where> {area}|the {room} {cover}) (halfway|half way|to half|to the middle) => position: 50
.1 <garage> ({percent} open|to {percent}|at {percent}) => device_class: garage
.1 <rather> the <garage> ({percent} open|at {percent}) => device_class: garage
.1 [the] {valve} [to|at] {percent} [open] => domain: valve
"""

POSITION = block(
    _POSITION,
    {
        "set": "set|set|set|put|move|bring|adjust|change|turn",
        "polite": _COMMON["polite"],
        "rather": _COMMON["rather"],
        "open": "open|open|open|close|raise|lower|lift|roll up|pull up|pull down|shut|bring up",
        "raise": "open|open|raise|lift|roll up|pull up",
        "drop": "close|close|lower|shut|pull down|roll down",
        "where": "in [the]|in [the]|of [the]",
        "garage": "garage|garage door",
    },
    domain="cover",
)
