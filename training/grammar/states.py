"""Questions about the house: what is on, open, locked, running, who is where, what sensors measure.

Slots that end in "state" put their words' meaning into `state`; `{thing}` is what a sensor belongs to.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_MACROS = {
    "tag": "right|correct|yes|or not|is that right|am i right",
    "true": "is it true that|could it be that|am i right that|is it correct that|is it possible that|can it be that",
    "check": "i wonder|i'm wondering|i was wondering|i'm not sure|i don't remember|i can't remember|not sure|verify|confirm|have a look|look|take a look|i need to know|could you see|can you see|check for me|any idea|do you happen to know|would you check|do me a favor and check|is it possible to check|can someone check|please tell me|could you find out",
    "lights": "lights|lights|light",
    "any": "any|any of the|some|one of the",
    "all": "all|all the|all of the|every one of the|both",
    "house": "in the house|anywhere|in here|around the house|at home|in the whole house",
    "where": "in [the]|in [the]|in [the]|over in [the]|out in [the]",
    "tell": "tell me|do you know|can you tell me|could you tell me|i want to know|i'd like to know|check|can you check|find out|please tell me|please check|could you check|i wonder|let me know|see",
    "what": "what is|what's|whats|what are|tell me|give me|read me|show me|check|can you tell me|could you tell me|do you know|i'd like to know|i want to know|get me|report|what was",
    "many": "how many|how many of the|which|which of the|what|whose",
    "still": "still|still|already|currently|now|right now",
    "state": "state|status|state|current state|condition",
    "detected": "detected|sensed|found|picked up|registered|there",
    "home": "home|at home|in the house|in|here|at the house|back home|back|around",
    "out": "away|out|not home|not at home|gone|out of the house|away from home|somewhere else",
    "anyone": "anyone|anybody|someone|somebody|everyone|everybody|any of us|all of us|the whole family",
}

_SWITCHED = """
?6 (is|are) the {area} <lights> [<still>] {on_state} => domain: light
?4 (is|are) the <lights> [<still>] {on_state} <where> {area} => domain: light
?3 (is|are) the <lights> <where> {area} [<still>] {on_state} => domain: light
?2 (is|are) <all> <lights> [<where> {area}] {on_state} => domain: light
?2 (is|are) (<any>|<all>) <lights> {on_state} <where> {area} => domain: light
?2 are (<any>|<all>) {area} lights {on_state} => domain: light
?3 are (<any>|<all>) <lights> [<still>] {on_state} [<house>] => domain: light
?2 are the lights [<still>] {on_state} [<house>] => domain: light
?2 (is there|are there) (a light|any light|any lights|some lights|lights) [<still>] {on_state} [<house>] => domain: light
?2 (is there|are there) (a light|any light|any lights|lights) [<still>] {on_state} <where> {area} => domain: light
?3 <many> lights are [<still>] {on_state} [<house>] => domain: light
?2 <many> lights are [<still>] {on_state} <where> {area} => domain: light
?1 <many> {area} lights are {on_state} => domain: light
?2 (did i|did we|did someone|have i|have we|did anybody) (leave|left) the {area} <lights> {on_state} => domain: light
?1 (did i|did we|did someone|have we|did anybody) (leave|left) (the|any) <lights> {on_state} [in [the] {area}] => domain: light
?1 <tell> (if|whether) the {area} lights are [<still>] {on_state} => domain: light
?1 <tell> (if|whether) the lights in [the] {area} are {on_state} => domain: light
?1 <tell> (if|whether) (any|all) [of] [the] lights are {on_state} => domain: light
?1 <tell> which lights are {on_state} => domain: light
?2 are (<any>|<all>|the) lights {on_state} [on the] {floor} => domain: light
?1 are the {floor} lights {on_state} => domain: light
?1 <many> lights are {on_state} [on the] {floor} => domain: light
?2 (is|are) the {room} (fan|fans) [<still>] {on_state} => domain: fan
?2 (is|are) the (fan|fans) <where> {area} [<still>] {on_state} => domain: fan
?2 (are (<any>|<all>) fans|is the fan|are the fans|is any fan) [<still>] {on_state} [<where> {area}] => domain: fan
?1 <many> fans are {on_state} [<where> {area}] => domain: fan
?2 are (<any>|<all>) switches {on_state} [<where> {area}] => domain: switch
?1 (is|are) the {room} (switch|switches) {on_state} => domain: switch
?1 (is|are) the (switch|switches) <where> {area} {on_state} => domain: switch
?1 <many> switches are {on_state} [<where> {area}] => domain: switch
?8 is the {name} [<still>] {on_state}
?3 is {name} {on_state}
?3 is (my|our|that) {name} [<still>] {on_state}
?3 is the {name} <where> {area} {on_state}
?2 is the {name} {on_state} <where> {area}
?2 (did i|did we|did someone|have i|did anyone|did you) (leave|left) the {name} {on_state}
?1 <tell> (if|whether) the {name} is [<still>] {on_state}
?1 (is|isn't) the {name} {on_state} (yet|again|by now)
?1 the {name} is {on_state} (right|isn't it|correct)
?2 (did i|did we|did someone|have i|have we) (turn|turned|switch|switched|shut) off the {name} => state: off
?1 (did i|did we|did someone|have i) (turn|turned|switch|switched) on the {name} => state: on
?2 (did i|did we|did someone|have i) (turn|turned|switch|switched|shut) off the {area} lights => domain: light; state: off
?1 (did i|did we|did someone|have i) (turn|turned|switch|switched) off [all] the lights [in [the] {area}] => domain: light; state: off
?1 (did i|did we|did someone) (turn|turned) on the {area} lights => domain: light; state: on
?2 is the {lamp} [<still>] {on_state}
?1 is the {lamp} <where> {area} {on_state}
?1 is the {fan} [<still>] {on_state}
?1 is the {fan} <where> {area} {on_state}
?4 <what> the <state> of the {name}
?2 <what> the {name} <state>
?2 <what> the <state> of the {lamp}
?2 (how is|how's|what about) the {name} doing
?2 (what is|what's|whats) the {name} (doing|up to) [right now|now]
?1 <what> the <state> of [the] {name} in [the] {area}
?1 is the {name} doing (anything|something)
?3 <check> (if|whether) (the {name} is [<still>] {on_state}|the {name} <where> {area} is {on_state}|i left the {name} {on_state})
?3 <check> (if|whether) (the {area} <lights> are [<still>] {on_state}|the lights <where> {area} are [<still>] {on_state}|i left the {area} lights {on_state}|any lights are {on_state} <where> {area}|all the lights are {on_state}) => domain: light
?1 <check> (if|whether) (the {room} fan is {on_state}|the fan <where> {area} is {on_state}|any fans are {on_state}) => domain: fan
?2 the {name} is [<still>] {on_state} (<tag>|isn't it|is it)
?2 (the {area} lights are|the lights <where> {area} are|all the lights are) [<still>] {on_state} (<tag>|aren't they|are they) => domain: light
?2 <true> (the {name} is [<still>] {on_state}|someone left the {name} {on_state}|i left the {name} {on_state})
?1 <true> (the {area} lights are|the lights <where> {area} are|any lights <where> {area} are) [<still>] {on_state} => domain: light
?1 (has the {name} [already] been|was the {name}) (turned|switched) off [yet|already] => state: off
?1 (has the {name} [already] been|was the {name}) (turned|switched) on [yet|already] => state: on
?1 (have the {area} lights|have the lights <where> {area}) [already] been (turned|switched) off [yet] => domain: light; state: off
?1 (has|had) (anyone|anybody|someone|everyone) (left the {name} on|forgotten to turn off the {name}) => state: on
?1 (has|had) (anyone|anybody|someone) (left the {area} lights on|left the lights on <where> {area}|forgotten to turn off the {area} lights) => domain: light; state: on
"""

_OPENINGS = """
?8 is the {room} {way_q} [<still>] {way_state}
?3 is the {way_q} [<still>] {way_state}
?2 (did i|did we|did someone|have i|did anybody) (close|closed|shut) the {room} {way_q} => state: off
?2 (did i|did we|did someone|have i) (close|closed|shut) the {own_way_q} => state: off
?1 (did i|did we|did someone|have i|did you) (forget|forgotten) to (close|shut) the {room} {way_q} => state: on
?1 (did i|did we|did someone|have i) (forget|forgotten) to (close|shut) the {own_way_q} => state: on
?1 (did i|did we|did someone|have i|did anyone) (forget|forgotten) to (close|shut) the (garage|garage door) => device_class: garage_door; state: on
?1 (did i|did we|did someone|have i) (close|closed|shut) [all] the {ways_q} [in [the] {area}] => state: off
?2 (did i|did we|did someone|have i|did anyone) (close|closed|shut) the (garage|garage door) => device_class: garage_door; state: off
?4 is the {way_q} <where> {area} [<still>] {way_state}
?4 (is|are) (any|a|some|one) {way_q} [<still>] {way_state} <where> {area}
?3 is (any|a) {way_q} [<still>] {way_state} [<house>]
?4 are (<any>|<all>|the) {ways_q} [<still>] {way_state} [<house>]
?3 are (<any>|<all>|the) {ways_q} [<still>] {way_state} <where> {area}
?3 are the {room} {ways_q} [<still>] {way_state}
?2 are (<any>|<all>) {room} {ways_q} {way_state}
?3 <many> {ways_q} are [<still>] {way_state} [<house>]
?2 <many> {ways_q} are {way_state} <where> {area}
?2 (is there|are there) (a {way_q}|any {way_q}|any {ways_q}|{ways_q}) [<still>] {way_state} [<where> {area}]
?1 <many> {room} {ways_q} are {way_state}
?2 (did i|did we|did someone|have we|did somebody|did the kids) (leave|left) the {room} {way_q} {way_state}
?2 (did i|did we|did someone|did anybody) (leave|left) (the|a|any) {way_q} {way_state} [in [the] {area}]
?1 <tell> (if|whether) the {room} {way_q} is {way_state}
?1 <tell> (if|whether) (any|all) [the] {ways_q} are {way_state}
?1 are (<any>|<all>) {ways_q} {way_state} [on the] {floor}
?5 is the {own_way_q} [<still>] {way_state}
?2 is {own_way_q} {way_state}
?1 is (my|our) {own_way_q} {way_state}
?1 is the {own_way_q} <where> {area} {way_state}
?2 (did i|did we|did someone|have i) (leave|left) the {own_way_q} {way_state}
?1 <tell> (if|whether) the {own_way_q} is {way_state}
?1 has (anyone|somebody|someone) left the {own_way_q} {way_state}
?5 is the (garage|garage door|garage door|garage gate) [<still>] {way_state} => device_class: garage_door
?2 are the garage doors {way_state} => device_class: garage_door
?2 (did i|did we|did someone|have i|did somebody) (leave|left|forget) the (garage|garage door) {way_state} => device_class: garage_door
?1 <tell> (if|whether) the garage [door] is {way_state} => device_class: garage_door
?2 <check> (if|whether) (the {room} {way_q} is|the {own_way_q} is|any {way_q} is|all the {ways_q} are|the {ways_q} <where> {area} are|i left the {room} {way_q}) {way_state}
?2 (the {room} {way_q}|the {own_way_q}|the {way_q} <where> {area}) is [<still>] {way_state} (<tag>|isn't it|is it)
?1 (all the|the) {ways_q} are [<still>] {way_state} (<tag>|aren't they|are they)
?1 <true> (the {room} {way_q} is|the {own_way_q} is|a {way_q} <where> {area} is|someone left the {own_way_q}) [<still>] {way_state}
?2 (the garage|the garage door|my garage) is [<still>] {way_state} (<tag>|isn't it|is it) => device_class: garage_door
?2 (<check> (if|whether)|<true>) (the garage|the garage door) is [<still>] {way_state} => device_class: garage_door
?1 has (the {room} {way_q}|the {own_way_q}) [already] been (closed|shut) [yet] => state: off
?1 (has|had|did) (anyone|somebody|someone|anybody) (opened|open) (the {room} {way_q}|the {own_way_q}) => state: on
"""

_COVERS = """
?5 are the {room} {covers} [<still>] {cover_state}
?3 are the {covers} <where> {area} [<still>] {cover_state}
?3 are (<any>|<all>|the) {covers} [<still>] {cover_state} [<house>]
?3 are (<any>|<all>) {covers} [<still>] {cover_state} <where> {area}
?2 are (<any>|<all>) {room} {covers} {cover_state}
?2 <many> {covers} are [<still>] {cover_state} [<house>]
?2 <many> {covers} are {cover_state} <where> {area}
?1 <many> {room} {covers} are {cover_state}
?3 is the {room} {cover} [<still>] {cover_state}
?2 is the {cover} [<where> {area}] {cover_state}
?1 is any {cover} {cover_state} [<where> {area}]
?3 is the {own_cover} [<still>] {cover_state}
?1 is {own_cover} {cover_state}
?1 is the {own_cover} <where> {area} {cover_state}
?1 are (<any>|<all>|the) {covers} {cover_state} [on the] {floor}
?1 <tell> (if|whether) the {room} {covers} are {cover_state}
?1 (did i|did we|did someone) (leave|left) the {room} {covers} {cover_state}
?2 (<check> (if|whether)|<true>) (the {room} {covers} are|the {covers} <where> {area} are|the {own_cover} is|any {covers} are) [<still>] {cover_state}
?1 (the {room} {covers}|the {covers} <where> {area}) are [<still>] {cover_state} (<tag>|aren't they|are they)
?1 the {own_cover} is [<still>] {cover_state} (<tag>|isn't it|is it)
"""

_LOCKS = """
?8 is the {own_door} [<still>] {lock_state}
?3 is {own_door} {lock_state}
?2 is (my|our) {own_door} {lock_state}
?5 is the {room} (door|lock|door) [<still>] {lock_state}
?2 are the {room} doors {lock_state}
?2 is the {room} [<still>] {lock_state}
?2 is the door <where> {area} {lock_state}
?4 are (<any>|<all>|the) (doors|locks|doors) [<still>] {lock_state} [<house>]
?2 are (<any>|<all>|the) (doors|locks) {lock_state} <where> {area}
?2 is (the|any|a|every) (door|lock) [<still>] {lock_state} [<house>]
?3 <many> (doors|locks) are [<still>] {lock_state} [<house>]
?2 is (everything|the house|the place) {lock_state} [up]
?3 (did i|did we|did someone|have i|have we|did you|did anyone) (lock|locked|remember to lock) the {own_door} => state: locked
?2 (did i|did we|did someone|have i) (lock|locked) (the {room} door|the door in [the] {area}) => state: locked
?2 (did i|did we|did someone|have i|have we) (lock|locked) (the doors|all the doors|all doors|the door|up) => state: locked
?2 (did i|did we|did someone|have i) (leave|left) the {own_door} {lock_state}
?1 (did i|did we|did someone) forget to lock the {own_door} => state: unlocked
?1 <tell> (if|whether) the {own_door} is {lock_state}
?1 <tell> (if|whether) [all] the doors are {lock_state}
?1 are (<any>|<all>|the) doors {lock_state} [on the] {floor}
?1 is the {own_door} <where> {area} {lock_state}
?2 (<check> (if|whether)|<true>) (the {own_door} is|the {room} door is|all the doors are|the doors are|any door is) [<still>] {lock_state}
?2 (the {own_door}|the {room} door) is [<still>] {lock_state} (<tag>|isn't it|is it)
?1 (the doors|all the doors|all doors) are [<still>] {lock_state} (<tag>|aren't they|are they)
?1 (has the {own_door} [already] been|was the {own_door}) locked [yet|already|for the night] => state: locked
?1 <check> (if|whether) i (locked|have locked) (the {own_door}|the {room} door|the doors|up) => state: locked
"""

_PEOPLE = """
?8 (where is|where's|wheres|where is|where has) {person}
?2 where (is|are) {person} (right now|now|at|at the moment|at right now|today)
?2 <tell> where {person} is [right now|now]
?1 (what is|what's) {person}'s location
?1 (find|locate) {person}
?2 where are (the|my|our) {folks} [right now|now]
?2 where (is|are|has) my {relative} [right now|now]
?2 are (the|my|our) {folks} <home> [yet|already|now] => state: home
?2 is my {relative} <home> [yet|already|now] => state: home
?1 are (the|my|our) {folks} <out> => state: not_home
?1 is my {relative} <out> => state: not_home
?1 (are (the|my|our) {folks}|is my {relative}) [still|already] (at|at the|in the) {zone_state} [now|today]
?1 (have the {folks}|has my {relative}) (come home|arrived home|got home) [yet] => state: home
?5 is {person} <home> [yet|already|now|right now] => state: home
?2 (has|did) {person} (come home|come back|got home|get home|arrived home|made it home|arrived) [yet|already] => state: home
?1 <tell> (if|whether) {person} is <home> => state: home
?4 is {person} <out> [today|now|right now] => state: not_home
?1 has {person} (left|left home|left the house|gone out|already left) [yet|already] => state: not_home
?1 <tell> (if|whether) {person} is <out> => state: not_home
?5 is {person} [still|already] (at|at|in|at the|in the) {zone_state} [today|now|right now|yet]
?2 has {person} (arrived at|reached|got to|gone to|made it to) [the] {zone_state} [yet|already]
?3 is <anyone> [still|already] <home> => state: home
?3 (who is|who's|whos) [still|already] <home> [right now|now|today|tonight] => state: home
?2 how many people are <home> [right now|now] => state: home
?2 is (nobody|no one|anyone else) <home> => state: home
?3 is <anyone> <out> => state: not_home
?2 (who is|who's) [still|already] <out> [right now|now|today] => state: not_home
?2 how many people are <out> => state: not_home
?2 has everyone left [the house|already] => state: not_home
?2 (who is|who's|is anyone|is anybody|is someone|is everyone) [still|already] (at|in|at the) {zone_state} [now|today]
?2 <check> where (i can find {person}|{person} is|{person} might be|{person} could be|my {relative} is)
?1 (any sign of|any idea about the whereabouts of|what about the location of|the location of|whereabouts is|whereabouts of) {person}
?2 (<check> (if|whether)|<true>) ({person} is|my {relative} is|<anyone> is) [already|still] <home> => state: home
?1 <check> (if|whether) ({person} is|my {relative} is|<anyone> is) [already|still] <out> => state: not_home
?1 <check> (who is|who's) [still|already] <home> => state: home
?2 {person} is [already|still] <home> (<tag>|isn't he|isn't she|is he|is she) => state: home
?1 {person} is [already|still] <out> (<tag>|isn't he|isn't she) => state: not_home
?1 (anybody|anyone|somebody|everybody|everyone) [already|still] (home|at home|in the house) [yet|now|right now] => state: home
"""

_BINARY = """
?5 (is|are) the {thing} battery (low|almost empty|nearly empty|running low|dead|empty|flat|about to die) => device_class: battery; state: on
?2 is the battery (of|in|on) the {thing} (low|almost empty|running low|dead|flat) => device_class: battery; state: on
?3 does the {thing} need (a new battery|charging|new batteries|a battery|to be charged) => device_class: battery; state: on
?3 (are <any>|are any|are <all>|which|how many|what) batteries [are] (low|running low|empty|dead|almost empty|flat) => device_class: battery; state: on
?1 do any batteries need (replacing|changing|to be replaced) => device_class: battery; state: on
?1 are any batteries low in [the] {area} => device_class: battery; state: on
?4 is (the|my|our) {thing} [still|already] charging => device_class: battery_charging; state: on
?1 (are <any>|which|how many) (batteries|devices|things) [are] charging => device_class: battery_charging; state: on
?2 (is there|is there any|do you detect|is any) carbon monoxide [<detected>] [in [the] {area}] => device_class: carbon_monoxide; state: on
?1 (are any|which) carbon monoxide (sensors|detectors|alarms) [are] (on|triggered|going off) => device_class: carbon_monoxide; state: on
?1 is the carbon monoxide (alarm|detector|sensor) (on|triggered|going off) [in [the] {area}] => device_class: carbon_monoxide; state: on
?3 (is|are) the {thing} [too|getting] cold => device_class: cold; state: on
?1 is the {thing} (freezing|frozen) => device_class: cold; state: on
?4 is (the|my|our) {thing} [still] (connected|online|reachable|on the network|connected to the network) => device_class: connectivity; state: on
?2 is (the|my|our) {thing} (disconnected|offline|unreachable) => device_class: connectivity; state: off
?2 is (the internet|the wifi|the network|our internet) (up|working|connected|online) => device_class: connectivity; state: on
?1 (are <any>|are <all>|which|how many) devices [are] (connected|online) [<where> {area}] => device_class: connectivity; state: on
?1 (are any|which|how many) devices [are] (offline|disconnected) => device_class: connectivity; state: off
?3 (is there|is there any|do you detect|do you smell|is any) gas [<detected>] [in [the] {area}] => device_class: gas; state: on
?1 is there a gas leak [in [the] {area}] => device_class: gas; state: on
?1 (are any|which) gas (sensors|detectors) [are] (on|triggered) => device_class: gas; state: on
?3 is the {thing} [still|too|getting|already] (hot|overheating|warm|overheated) => device_class: heat; state: on
?4 (is there|is there any|do we have|have we got|did you detect) (a leak|a water leak|water|water on the floor|leaks|any leak|moisture|a flood) [<detected>] [in [the] {area}] => device_class: moisture; state: on
?2 is the {room} (flooded|wet|under water|leaking) => device_class: moisture; state: on
?2 is the floor wet [in [the] {area}] => device_class: moisture; state: on
?2 is the {thing} (leaking|wet|flooded) => device_class: moisture; state: on
?1 is the {thing} dry => device_class: moisture; state: off
?1 (are any|which) (water sensors|leak sensors) [are] (wet|triggered|on) => device_class: moisture; state: on
?5 (is there|is there any|do you see|do you detect|did you detect|any|is there some) (motion|movement) [<detected>] [<where> {area}] => device_class: motion; state: on
?2 is (motion|movement) <detected> [<where> {area}] => device_class: motion; state: on
?2 is (something|anything|someone|anyone) moving <where> {area} => device_class: motion; state: on
?2 (are any|which|how many) motion (sensors|detectors) [are] (on|triggered|active) => device_class: motion; state: on
?1 (was|has) (any motion|motion) [been] <detected> <where> {area} => device_class: motion; state: on
?3 is the {thing} [still] moving => device_class: moving; state: on
?5 is (anyone|anybody|someone|somebody|there anyone|there somebody|there someone|any person) [still] <where> {area} => device_class: occupancy; state: on
?1 is (anyone|anybody|someone|somebody|there anyone) [still] [on the] {floor} => device_class: occupancy; state: on
?1 (is there|is there any|any) (motion|movement) [on the] {floor} => device_class: motion; state: on
?3 is the {room} (occupied|in use|taken|busy|being used) => device_class: occupancy; state: on
?3 is the {room} (empty|free|unoccupied|vacant|available) => device_class: occupancy; state: off
?1 is (nobody|no one) <where> {area} => device_class: occupancy; state: off
?1 (which|what) rooms are (occupied|in use) => device_class: occupancy; state: on
?1 (which|what) rooms are (empty|free) => device_class: occupancy; state: off
?1 is occupancy <detected> <where> {area} => device_class: occupancy; state: on
?3 is (the|my|our) {thing} [still] plugged in => device_class: plug; state: on
?2 is (the|my|our) {thing} unplugged => device_class: plug; state: off
?1 (did i|did we) plug in the {thing} => device_class: plug; state: on
?1 (are <any>|which|how many) devices [are] plugged in => device_class: plug; state: on
?2 (is the {thing} getting power|does the {thing} have power|is there power on the {thing}|is the {thing} powered|is the {thing} powered up|is the {thing} still powered|is [the] {thing} being powered) => device_class: power; state: on
?1 (is there|do we have) power [in [the] {area}] => device_class: power; state: on
?3 (is there a problem with|is something wrong with|is anything wrong with|are there problems with|are there any problems with|what's wrong with) the {thing} => device_class: problem; state: on
?1 (are there any|any|do we have any) problems [<house>|in [the] {area}] => device_class: problem; state: on
?1 does the {thing} have (a problem|problems|any problems|an error) => device_class: problem; state: on
?1 is the {thing} (ok|okay|working properly|alright) => device_class: problem; state: off
?1 is the {thing} (broken|faulty|acting up) => device_class: problem; state: on
?6 is (the|my|our) {machine} [still|already|currently] running => device_class: running; state: on
?4 is (the|my|our) {machine} (done|finished|ready|through|finished yet|done yet|finished running) => device_class: running; state: off
?2 (has|did) (the|my|our) {machine} (finished|stopped|finish|stop) [running|yet|already] => device_class: running; state: off
?1 <tell> (if|whether) the {machine} is [still] running => device_class: running; state: on
?1 is the {machine} <where> {area} [still] running => device_class: running; state: on
?2 is the {room} (safe|secure) => device_class: safety; state: off
?2 is the {room} (unsafe|dangerous) => device_class: safety; state: on
?1 is the {thing} (unsafe|dangerous) => device_class: safety; state: on
?1 is the {thing} safe => device_class: safety; state: off
?5 (is there|is there any|do you detect|do you smell|do you see|is any) smoke [<detected>] [<where> {area}] => device_class: smoke; state: on
?2 (is the|are the|are any|which) smoke (alarm|alarms|detector|detectors|sensor) [are] (on|going off|triggered) [in [the] {area}] => device_class: smoke; state: on
?2 is (there a fire|something burning|anything burning) [in [the] {area}] => device_class: smoke; state: on
?2 (is there|is there any|do you hear|do you detect) (sound|noise|any sound|any noise|a noise) [<detected>] <where> {area} => device_class: sound; state: on
?1 is (it noisy|it loud|sound detected|noise detected) <where> {area} => device_class: sound; state: on
?2 (has|was|is) the {thing} [been] tampered with => device_class: tamper; state: on
?1 (has|did) (anyone|someone|anybody) (tampered|tamper) with the {thing} => device_class: tamper; state: on
?3 (is there an update|are there updates|is there a new version|is an update available|are there any updates) [available] for the {thing} => device_class: update; state: on
?2 does the {thing} (need an update|need updating|have an update|need to be updated) => device_class: update; state: on
?1 is the {thing} up to date => device_class: update; state: off
?1 (are there any|any|are there|do we have any) updates [available] => device_class: update; state: on
?2 (is|are) the {thing} [still] (vibrating|shaking|rattling) [again|right now|like mad] => device_class: vibration; state: on
?1 (is there|do you feel) [any] vibration [in [the] {area}] => device_class: vibration; state: on
?4 is (the|my|our) {thing} (broken|faulty|defective|malfunctioning|damaged|out of order|having problems|having issues|having trouble|in trouble|showing an error|reporting a problem|playing up|on the blink|misbehaving|broken down|kaput) [again|now|right now] => device_class: problem; state: on
?2 (has|did) the {thing} (got a fault|broken down|failed|reported an error|developed a fault|report a problem|report an error|fail|break down|have an error) [again] => device_class: problem; state: on
?2 (does|did) (the|my|our) {thing} (report|show|have|give) (a fault|an error|any errors|an issue|any issues|issues|any trouble|a malfunction|some problem|any faults) => device_class: problem; state: on
?2 (is there|are there|any|do you see) (a fault|an issue|any issues|trouble|an error|any faults|some problem|problems|a malfunction) (with|on|at) (the|my|our) {thing} => device_class: problem; state: on
?2 (<check> (if|whether)|<true>) (the {thing} is (broken|faulty|defective|damaged)|there is a problem with the {thing}|something is wrong with the {thing}|the {thing} has a problem) => device_class: problem; state: on
?2 (what is|what's) (the matter with|the problem with|wrong with|the trouble with) (the|my|our) {thing} => device_class: problem; state: on
?2 is (everything|all) (ok|okay|alright|fine|in order|well|good) with (the|my|our) {thing} => device_class: problem; state: off
?1 is the {thing} (fine|healthy|in order|in working order|working fine|working right|all right|in good shape|in good order|functioning properly) => device_class: problem; state: off
?4 is (the|our) {room} (taken|occupied|in use|busy|being used|engaged|full) (already|right now|at the moment|by someone|by anyone|currently|now|yet) => device_class: occupancy; state: on
?3 is (someone|anyone|anybody|somebody|someone else) (using|occupying|in|inside|sitting in|still in) [the] {room} [right now|already|now] => device_class: occupancy; state: on
?2 (is there|are there) (a person|people|any people|somebody|anybody|someone|anyone|a soul) (<where>|inside) {area} => device_class: occupancy; state: on
?2 (<check> (if|whether)|<true>) (the {room} is (taken|occupied|in use|busy)|somebody is in [the] {area}|someone is using the {room}) => device_class: occupancy; state: on
?3 is (the|our) {room} (empty|free|unoccupied|vacant|available|deserted) (already|right now|at the moment|currently|now|yet) => device_class: occupancy; state: off
?1 (<check> (if|whether)|<true>) the {room} is (empty|free|vacant|unoccupied|available) => device_class: occupancy; state: off
?1 the {room} is (taken|occupied|in use) (<tag>|isn't it) => device_class: occupancy; state: on
?1 the {room} is (empty|free|vacant|unoccupied) (<tag>|isn't it) => device_class: occupancy; state: off
?2 is (the|my|our) {machine} (still going|up and running|at work|in operation|still at it) => device_class: running; state: on
?2 (<check> (if|whether)|<true>) (the|my|our) {machine} is [still] running => device_class: running; state: on
?2 (<check> (if|whether)|<true>) (the|my|our) {machine} (is done|is finished|has finished|is through) => device_class: running; state: off
?1 the {machine} is (done|finished) (<tag>|isn't it) => device_class: running; state: off
?1 the {machine} is [still] running (<tag>|isn't it) => device_class: running; state: on
?2 (should i (charge|recharge)|do i have to charge|is it time to charge|do i need to charge|must i charge) the {thing} => device_class: battery; state: on
?1 (<check> (if|whether)|<true>) (the {thing} battery is (low|empty|almost empty)|the battery of the {thing} is low|the {thing} needs charging) => device_class: battery; state: on
?2 (has|did) the {thing} (lost its connection|lost connection|lose its connection|lose connection|gone offline|go offline|dropped off the network|drop off the network) => device_class: connectivity; state: off
?1 (does the {thing} have (a connection|internet|wifi|a network connection)|can you reach the {thing}|is the {thing} on the wifi) => device_class: connectivity; state: on
?1 <check> (if|whether) the {thing} is [still] (online|connected|reachable) => device_class: connectivity; state: on
?1 <check> (if|whether) the {thing} is [still] plugged in => device_class: plug; state: on
?1 (did i|did we|have i|did someone|has someone) (unplug|unplugged) the {thing} => device_class: plug; state: off
?2 (has there been|was there|did you see|have you seen) any (motion|movement) (<where> {area}|in the house) => device_class: motion; state: on
?1 (did something|did anything|has anything|has something) (move|moved) <where> {area} => device_class: motion; state: on
?1 (is water|is something|is anything) (leaking|dripping) [<where> {area}] => device_class: moisture; state: on
?1 (<check> (if|whether)|<true>) there is (a leak|water on the floor|a water leak) [in [the] {area}] => device_class: moisture; state: on
?1 (can you smell|has anyone smelled|is there any smell of) gas [in [the] {area}] => device_class: gas; state: on
?1 (can you smell smoke|do you smell something burning|is it smoky|has smoke been detected|is something on fire|<check> if there is smoke) [in [the] {area}] => device_class: smoke; state: on
?1 (has|did) (anyone|someone|anybody) (messed|mess|fiddled|fiddle|meddled|meddle) with the {thing} => device_class: tamper; state: on
?1 (can the {thing} be updated|is there (new firmware|new software|a firmware update|a software update|software|some new software) for the {thing}|<check> if there is an update for the {thing}) => device_class: update; state: on
"""

_SENSORS = """
?6 <what> the {measure} (of|on|in|from|for) [the] {thing}
?4 <what> the {thing} {measure}
?2 <what> (my|our) {thing} {measure}
?2 <what> (my|our|the) {thing}'s {measure}
?6 <what> the {room_measure} (in|of|inside) [the] {area} [right now|now|at the moment|currently]
?4 <what> the {room} {room_measure}
?2 <what> {room_measure} in [the] {area}
?2 <what> the {room_measure} [on the] {floor}
?2 how (high|low|much|bad|good) is the {room_measure} (in|of) [the] {area} [right now|now]
?2 how (high|low) is the {measure} of the {thing}
?5 <what> the {sensor_name} [right now|now|at the moment|like|today]
?2 how (high|low) is the {sensor_name} [now|right now|today]
?4 <what> the {house_measure} [right now|now|at the moment|in the house|today]
?2 <what> {owned} {measure}
?2 <what> the {measure} of {owned}
?2 is {owned} [still] charging => domain: binary_sensor; device_class: battery_charging; state: on
?2 is {owned} battery low => domain: binary_sensor; device_class: battery; state: on
?2 is {owned} (connected|online) => domain: binary_sensor; device_class: connectivity; state: on
?2 how humid is it in [the] {area} => device_class: humidity
?2 how (humid|damp) is the {room} => device_class: humidity
?1 how bright is the {room} => device_class: illuminance
?2 (how is|how's) the {room_measure} in [the] {area}
?1 (how is|how's) the {house_measure} [today|now]
?2 how charged is (my|the|our) {thing} => device_class: battery
?2 how much (power|electricity) (are we using|is the house using|do we use) [right now|now] => device_class: power
?2 how much (energy|electricity|power) (did we use|have we used|did we consume|did the house use) (today|yesterday|this week|this month|last night|so far) => device_class: energy
?1 how much water (did we use|have we used) (today|yesterday|this week|this month) => device_class: water
?1 how much (rain|rainfall) (did we get|did we have|fell) (today|yesterday|this week|last night) => device_class: precipitation
?2 how (bright|much light) is (it|there) in [the] {area} => device_class: illuminance
?1 how (loud|noisy) is it in [the] {area} => device_class: sound_pressure
?2 how (good|bad|clean) is the air in [the] {area} => device_class: aqi
?3 how much (battery|charge|power|juice) does (my {thing}|the {thing}|our {thing}|{owned}) have [left] => device_class: battery
?2 how (full|empty|charged) is the [battery of the|battery in the] {thing} [battery] => device_class: battery
?2 how much battery is left (in|on) (my|the|our) {thing} => device_class: battery
?1 <what> the {thing} battery [at|percentage|level|charge] => device_class: battery
?2 how much (power|electricity) (is|does) the {thing} (using|use|drawing|consuming|pulling) [right now|now] => device_class: power
?1 how many watts (is|does) the {thing} (using|use|drawing|draw|pull) => device_class: power
?2 how much (energy|electricity|power) (has|did) the {thing} (used|use|consumed|consume) (today|this week|this month|so far) => device_class: energy
?1 how much energy (has|did) the {thing} (produced|made|generate|generated) [today] => device_class: energy
?3 how (hot|warm|cold) is the {thing} [right now|now] => device_class: temperature
?2 <what> temperature (is|does) the {thing} [at|have|have now] => device_class: temperature
?1 how much water (has|did) the {thing} (used|use) [today] => device_class: water
?1 how much gas (has|did) (the {thing}|we) (used|use) [today|this month] => device_class: gas
?1 how much (does|did) the {thing} (weigh|weighs) => device_class: weight
?1 how fast is the {thing} [going|driving|right now] => device_class: speed
?1 how far (away|) is the {thing} => device_class: distance
?1 how (wet|dry|moist) is the (soil of the {thing}|{thing} soil) => device_class: moisture
?1 how strong is the [signal of the|signal on the] {thing} [signal] => device_class: signal_strength
.2 {room} {room_measure} [please|right now|now|reading]
.2 {room_measure} (in [the]|in [the]|of [the]|) {area} [please|now]
.2 (the {measure} of|{measure} of|{measure} on) [the] {thing} [please|right now]
.1 [the] {thing} {measure} [please|right now|now]
?2 <check> what (the {measure} of the {thing} is|the {room_measure} in [the] {area} is|the {house_measure} is|the {sensor_name} is)
?2 (how's|how is) (the {measure} of the {thing}|the {thing} {measure}|the {room} {room_measure}|the {sensor_name} [doing])
?1 <check> how much battery (the {thing} has|{owned} has|my {thing} has) [left] => device_class: battery
?1 how (fresh|stale|stuffy|polluted|clean) (is the air|is the air we breathe|would you say is the air) in [the] {area} => device_class: aqi
"""

GET_STATE = (
    block(_SWITCHED, _MACROS)
    + block(_LOCKS, _MACROS, domain="lock")
    + block(_PEOPLE, _MACROS, domain="person")
    + block(_OPENINGS, _MACROS, domain="binary_sensor")
    + block(_COVERS, _MACROS, domain="cover")
    + block(_BINARY, _MACROS, domain="binary_sensor")
    + block(_SENSORS, _MACROS, domain="sensor")
)
