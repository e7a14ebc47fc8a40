"""Timers: started, stopped, paused, resumed, made longer and shorter, asked for.

`{duration}` and `{span}` ("ten minute") are lengths; `{start}` is the length by which a running timer is known.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE
from .pattern import block

_MACROS = {
    "polite": POLITE,
    "set": "set|set|set|start|start|create|make|begin|add|give me|put on|run|launch|set up|get me|initiate|fire up",
    "timer": "timer|timer|timer|timer|countdown|alarm timer|countdown timer",
    "want": "i want|i need|i'd like|i would like|we need|can i have|can i get|could i get|could i have|let's have|let's do",
    "which": "timer|timer|timer|countdown",
    "my": "the|the|the|my|that|our|this",
}

_START = """
!8 <set> (a|a|the|a new|another|one|my) <timer> for {duration}
!7 <set> (a|a|a|another|one) {span} <timer>
!2 <set> (a|my|the) <timer> (to|of|with|at) {duration}
!3 <set> (timer|countdown) [for|to] {duration}
!1 <set> {span} timer
!1 (set|start|put) {duration} on the (clock|stopwatch) [for the {timer}]
!1 (set|start) {duration} on the timer [for the {timer}]
!2 (count down|countdown|count) [from] {duration}
!2 time {duration} [for me]
!4 (tell me|let me know|wake me|wake me up|alert me|notify me|remind me|beep|beep me|ping me|call me|buzz me|warn me|ring|ring me|nudge me|give me a shout|shout) (in|after) {duration} [from now]
!3 (remind me|wake me up|wake me|let me know|give me a reminder) in {duration} [from now]
!1 in {duration} (remind me|beep|tell me|let me know|alert me|wake me|wake me up|ring)
!1 (let me know|tell me|beep|alert me|remind me|ring) when {duration} (have passed|are over|are up|have gone by|is over|is up|are done|has passed|has gone by|is done)
.4 timer [for|of] {duration}
.4 {span} timer
.1 new timer [for] {duration}
.1 {duration} timer
.1 {duration} on the (timer|clock)
.3 <want> (a|another) <timer> (for|of) {duration}
.3 <want> (a|another) {span} <timer>
.1 (would you mind|how about|do you mind) (setting|starting) a (timer for {duration}|{span} timer)
.1 (start|begin) (counting|counting down|timing) {duration}
!4 <set> a {timer} <timer> for {duration}
!4 <set> a {span} {timer} timer
!4 <set> a {span} <timer> for [the|my] {timer}
!4 <set> a <timer> for [the|my] {timer} (for|of) {duration}
!3 <set> a <timer> for {duration} for [the|my] {timer}
!3 <set> a <timer> (called|named) {timer} (for|of|with) {duration}
!3 <set> a <timer> for {duration} (called|named|labeled|and call it|and name it|with the name) {timer}
!3 <set> a {span} <timer> (called|named|labeled|and call it|and name it) {timer}
!2 <set> (the|my) {timer} timer (for|to|at) {duration}
!1 (name a|set a new) timer {timer} (for|with) {duration}
!1 <set> {timer} timer [for] {duration}
!1 time (the|my) {timer} for {duration}
!1 (tell me|let me know|alert me) about (the|my) {timer} in {duration}
.2 {timer} timer [for] {duration}
.2 {span} timer for [the|my] {timer}
.2 {span} {timer} timer
.1 timer for [the|my] {timer} [for] {duration}
.1 timer {timer} {duration}
.2 <want> a {timer} timer (for|of) {duration}
.2 <want> a {span} timer for [the|my] {timer}
.1 (the|my) {timer} (needs|takes|need|has to cook for|should take) {duration} set a timer
.1 {duration} for the {timer} [please]
.3 <polite> (<set> a timer for {duration}|<set> a {span} timer|<set> a {timer} timer for {duration}|<set> a {span} timer for [the] {timer})
!2 (put|get|have|let) a [new] <timer> (on for|going for|running for|run for|started for) {duration}
.2 (countdown|timer|start a timer|new timer|timer please) [for|of|set to] {duration} [please|now]
.1 {duration} (timer|countdown) (please|now|go|starting now|for me)
!2 (set|start) the (clock|kitchen clock|alarm clock) (for|to) {duration}
!2 (ping|notify|tell|alert|warn|wake|call|buzz) me {duration} from now
.1 (i need|i'd like|i want) (to be reminded|to be alerted|to be woken|a reminder|a wake up call|to know|a beep) (in|after) {duration}
.1 (let me know|tell me|warn me|i need to know) (once|as soon as|when) {duration} (is|are|has|have) (up|passed|over|gone by)
.2 {timer} {duration} timer
.2 (the|my) {timer} (needs|takes|need|take|has|have) {duration} (start a timer|please time it|set a timer please|time it)
!2 (time|clock) (the|my) {timer} [for|at] {duration}
.1 (how about|what about|let's have|can we have) a (timer for {duration}|{span} timer|{timer} timer for {duration}|timer of {duration} for the {timer})
!2 (keep|track|measure|keep track of|clock) [the] time for {duration}
!1 (keep track of|track) {duration} [on the clock|for me]
"""

START = block(_START, _MACROS)

_ONE = """
!WA VERB <my> <which> TAIL
!WA VERB <my> {timer} <which> TAIL
!WB VERB {timer} timer TAIL
!WA VERB <my> {start_span} timer TAIL
!WB VERB <my> timer for {start} TAIL
!WB VERB <my> timer (called|named) {timer} TAIL
!WB VERB <my> timer for [the|my] {timer} TAIL
!WB VERB <my> {room} timer TAIL
!WB VERB <my> timer in [the] {room} TAIL
"""
"""The ways of saying which timer is meant; VERB and TAIL are what happens to it, WA and WB how often it is drawn."""


def _of_one(verb: str, tail: str = "", weight: int = 2) -> str:
    text = _ONE.replace("VERB", f"({verb})").replace("TAIL", tail)
    return text.replace("WA", str(2 * weight)).replace("WB", str(weight))


_CANCEL = (
    _of_one(
        "cancel|cancel|cancel|stop|stop|end|delete|remove|kill|turn off|clear|abort|quit|get rid of|shut off|dismiss|forget about|drop"
    )
    + """
!3 (turn|shut|switch) <my> timer off
!2 (turn|shut|switch) <my> {timer} timer off
!2 (cancel|stop|delete|clear|remove|end|kill|turn off) (all timers|all [of] [the|my] timers|every timer|the timers|my timers|timers)
!1 (cancel|stop|end) (timer|the running timer|the last timer|the current timer|the countdown)
.2 (i don't|we don't) need <my> timer [any more|anymore|now]
.2 (i don't|we don't) need <my> {timer} timer [any more|anymore|now]
.1 no more timer [needed|please]
.1 timer off
.1 cancel timer
.1 <my> {timer} timer (is not needed|can be cancelled|can go|should be cancelled) [any more|anymore]
.1 (i|we) (changed my mind about|took out|finished) the {timer} cancel (the|its) timer
.2 <polite> (cancel|stop|delete|turn off) (<my> timer|<my> {timer} timer|<my> {start_span} timer|all timers|<my> {room} timer)
!2 (call off|scrap|ditch|nix|scratch|axe|discard|throw out|wipe|shut down|undo) (<my> timer|<my> {timer} timer|<my> {start_span} timer|all [the] timers|<my> {room} timer)
!1 (make|let) (<my> timer|<my> {timer} timer) (stop|go away|end|disappear)
.1 (i'm|i am|we're|we are) done with (<my> timer|<my> {timer} timer|<my> {start_span} timer|the {room} timer)
.1 (i|we) (don't|do not|won't) (need|want) (<my> {start_span} timer|<my> {room} timer|any timers|the timer for {start}) [any more|anymore|now|after all]
.1 (never mind|forget|enough with|enough of|away with|no need for|nevermind) (<my> timer|<my> {timer} timer|<my> {start_span} timer|all the timers)
.1 ({timer} timer|{start_span} timer|{room} timer|timer) (off|cancel|stop|delete) [please|now]
!1 (cancel|stop|delete) the {start_span} one
!1 stop (counting|counting down|the count|the countdown|timing) [please|now]
"""
)

_PAUSE = (
    _of_one("pause|pause|pause|hold|suspend|freeze|halt|put on hold|interrupt")
    + """
!2 (put|hold) <my> timer on hold [for a second|for a moment|for a bit]
!1 (put|hold) <my> {timer} timer on hold
!1 (pause|hold|freeze) (all timers|all the timers|all my timers|every timer|timers|timer)
!1 (stop|pause) <my> timer for a (moment|bit|while|little while)
!1 (stop|pause) <my> {timer} timer for a (moment|bit|while)
.1 timer pause
.1 (hold on|wait) pause <my> timer
.2 <polite> (pause|hold|freeze) (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer|all timers)
!2 give (<my> timer|<my> {timer} timer|<my> {start_span} timer) (a break|a rest|a little break|a short break)
!2 (put|place|keep|leave) (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer) on (hold|pause|standby|ice)
!2 (hit|press|push|tap) pause (on|for) (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer)
!1 (halt|hold|freeze|stop) (<my> timer|<my> {timer} timer|<my> {room} timer) (for a second|briefly|temporarily|for a minute|until i'm back|till i come back)
.1 ({timer} timer|{start_span} timer|{room} timer|timer) (pause|on hold|on pause|hold) [please|now]
.1 (wait|hold on|hang on|one moment) (pause|hold|freeze) (<my> timer|<my> {timer} timer|<my> {start_span} timer)
"""
)

_RESUME = (
    _of_one("resume|resume|resume|unpause|continue|go on with|carry on with|start up again|pick up|un pause|unfreeze")
    + """
!2 (start|let) <my> timer (again|go on|run on|continue)
!2 (start|let) <my> {timer} timer (again|go on|continue)
!1 (resume|unpause|continue) (all timers|all the timers|all my timers|every timer|timers|timer)
!1 keep <my> timer (going|running)
!1 keep <my> {timer} timer (going|running)
.1 timer resume
.2 <polite> (resume|unpause|continue) (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer|all timers)
!2 (get|set) (<my> timer|<my> {timer} timer|<my> {start_span} timer) (going|running|ticking|moving) again
!2 let (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer) (run again|run on|tick on|proceed|keep going|count on|keep running|carry on)
!2 take (<my> timer|<my> {timer} timer|<my> {start_span} timer|<my> {room} timer) off (hold|pause)
!2 (proceed with|go ahead with|carry on|go on with|end the pause of|reactivate|set off again|pick up again) (<my> timer|<my> {timer} timer|<my> {start_span} timer)
!1 (hit|press|tap) (resume|continue|play) (on|for) (<my> timer|<my> {timer} timer|<my> {room} timer)
.1 (<my> timer|<my> {timer} timer) (can|may|should) (continue|go on|resume|keep running|run again|run on) [now]
.1 ({timer} timer|{start_span} timer|{room} timer|timer) (resume|continue|unpause|go on|back on) [please|now]
!1 (continue|resume|carry on|go on) (counting|counting down|timing|the countdown) [now|please]
"""
)

_MORE = (
    _of_one(
        "add {duration} to|add {duration} to|add {duration} to|put {duration} more (on|onto)|give {duration} more to|add another {duration} to|add {duration} more to|tack {duration} onto"
    )
    + _of_one("increase|extend|lengthen|prolong|make|bump", "by {duration}").replace(
        "(increase|extend|lengthen|prolong|make|bump)",
        "(increase|extend|lengthen|prolong|bump|bump up|stretch|delay|push back)",
    )
    + """
!2 (give me|i need|i want) (another {duration}|{duration} more) on <my> timer
!3 (give me|add|put|i need|i want) {more} (on|to|onto) <my> timer
!2 (give me|add|put|i need) {more} (on|to|onto) <my> {timer} timer
!2 (add|give me|give it|i need|let's add) {more}
!2 add (another|an extra|an additional|) {duration}
.2 {more} (please|on <my> timer|on <my> {timer} timer|for the {timer})
!2 (give me|i need|i want) (another {duration}|{duration} more) on <my> {timer} timer
!1 (give|allow) <my> timer (another {duration}|{duration} more)
!1 (give|allow) <my> {timer} timer (another {duration}|{duration} more)
!1 (give|allow) the {timer} (another {duration}|{duration} more)
!1 make <my> timer {duration} longer
!1 make <my> {timer} timer {duration} longer
!1 make <my> {start_span} timer {duration} longer
.1 {duration} more on <my> timer
.1 {duration} more on <my> {timer} timer
.1 {duration} longer on <my> timer
!5 add {duration} [to it|more|on top|extra|to that|please|to the clock|to the countdown]
.3 (another|a further|an extra|an additional|plus) {duration} [please|on it|on top]
.3 {duration} (more|longer|extra) [please|on it|on top|on the clock]
!3 (increase|extend|lengthen|prolong|stretch|bump up|delay) (it|that|the countdown|the time) by {duration}
!3 (make|let) it (last|run) (another {duration}|{duration} longer|{duration} more)
!1 make it {duration} longer
!2 (give|grant) it (another {duration}|{duration} more|an extra {duration}|a further {duration})
!2 (tack on|throw in|put on|add on|slap on|stick on) (another {duration}|an extra {duration}|{duration} more|{duration})
.2 (i need|we need|i want|can i have|can we have|could i have|could i get|let's have) (another {duration}|{duration} more|{duration} longer|an extra {duration}) [please|on <my> timer]
.2 <polite> (add {duration} to <my> timer|add {duration} to <my> {timer} timer|add {duration} to <my> {start_span} timer|extend <my> timer by {duration}|add {more}|add {duration})
.2 <my> ({timer} timer|{room} timer|{start_span} timer|timer) (needs|should get|should run|can run|gets) (another {duration}|{duration} more|{duration} longer)
.1 the {timer} (needs|takes|need|will take) (another {duration}|{duration} more|{duration} longer) [add it|add that]
!1 let <my> ({timer} timer|{room} timer|timer) (run|go on) for (another {duration}|{duration} more|{duration} longer)
"""
)

_LESS = (
    _of_one(
        "take {duration} (off|from|off of)|remove {duration} from|subtract {duration} from|cut {duration} (off|from)|take away {duration} from|deduct {duration} from|knock {duration} off|shave {duration} off|drop {duration} from"
    )
    + _of_one("decrease|reduce|shorten|cut|lower|cut down|bring down", "by {duration}")
    + """
!1 make <my> timer {duration} shorter
!1 make <my> {timer} timer {duration} shorter
!1 make <my> {start_span} timer {duration} shorter
.1 {duration} less on <my> timer
.1 {duration} less on <my> {timer} timer
.1 <my> timer should (end|go off|ring) {duration} (earlier|sooner)
!3 (take|knock|shave|cut|strip|trim) {duration} off [it|that|the clock|the countdown|please]
!2 (subtract|remove|deduct|cut|take away) {duration} [from it|from that|please|from the countdown]
!2 (take|knock|shave|cut|trim) off {duration} [please]
.2 {duration} (less|shorter|fewer) [please|on it|on the clock|on <my> timer]
!2 (shorten|reduce|decrease|cut|lower|trim) (it|that|the countdown|the time) by {duration}
!2 make it {duration} (shorter|less)
.1 (minus|less) {duration} (on|for|from) (<my> timer|<my> {timer} timer|<my> {room} timer|<my> {start_span} timer)
.2 <polite> (take {duration} off <my> timer|take {duration} off <my> {timer} timer|subtract {duration} from <my> timer|remove {duration} from <my> {start_span} timer|shorten <my> timer by {duration}|cut <my> {timer} timer by {duration})
.1 <my> ({timer} timer|{room} timer|{start_span} timer|timer) (should have|should run|should be|needs) {duration} less
.1 (i need|i want|i'd like) {duration} less on <my> (timer|{timer} timer|{room} timer)
"""
)

_STATUS_MACROS = _MACROS | {
    "left": "left|remaining|to go|still left",
    "how": "how much time is|how long is|how many minutes are|how much is|how much longer is|how many seconds are|how much more time is",
}
_STATUS = """
?6 <how> <left> (on|for|of) <my> timer
?6 <how> <left> (on|for|of) <my> {timer} timer
?4 <how> <left> (on|for|of) <my> {start_span} timer
?2 <how> <left> (on|for) <my> timer for {start}
?2 <how> <left> (on|for) <my> timer for [the|my] {timer}
?2 <how> <left> (on|for) <my> timer (called|named) {timer}
?2 <how> <left> (on|for) <my> {room} timer
?1 <how> <left> (on|for) <my> timer in [the] {room}
?3 <how> <left> [there]
?2 (how much time|how long|how many minutes) <left> [on <my> timer]
?2 (how much time|how long) <left> (on|for) <my> {timer} [timer]
?2 <how> <left> (on|for) the {timer}
?1 how (long|much longer) (until|till|before) the {timer} (is|are) (done|ready|finished)
?3 (how much time|how much longer|how long|how many minutes) (do i have|do we have|have i got|does it have|is there) [left|still|until the timer ends|on the timer|on it|until it goes off|before the timer goes off|until the timer is done]
?2 (how much time|how long|how many minutes) (do i have|do we have|is there) [left] on <my> {timer} timer
?2 (how much time|how long) does <my> timer have [left]
?2 (how much time|how long) does <my> {timer} timer have [left]
?3 (what is|what's|check|tell me|give me) the (status|state|time|remaining time|time left) (of|on|for) <my> timer
?3 (what is|what's|check|tell me|give me) the (status|state|time|remaining time|time left) (of|on|for) <my> {timer} timer
?1 (what is|what's|check|tell me) the (status|state) of <my> {start_span} timer
?1 (what is|what's|check|tell me) the (status|state) of the {room} timer
?2 timer status
?1 {timer} timer status
?1 status of <my> timer
?1 status of <my> {timer} timer
?2 when (will|does|is) <my> timer (go off|end|ring|be done|done|over|finish|going to go off)
?2 when (will|does|is) <my> {timer} timer (go off|end|ring|be done|done|over|finish)
?2 how long until <my> timer (goes off|ends|rings|is done|is up|finishes)
?2 how long until <my> {timer} timer (goes off|ends|rings|is done|is up)
?2 how long until the {timer} is (done|ready)
?2 is <my> timer (done|still running|over|finished|up|still going|almost done|nearly done) [yet]
?2 is <my> {timer} timer (done|still running|over|finished|up|still going|almost done) [yet]
?2 (how is|how's|what about|how about) <my> timer [doing|going|coming along]
?2 (how is|how's|what about) <my> {timer} timer [doing|going|coming along]
?1 (what|which) timers (are running|do i have|are set|are active|have i set)
?1 (are there|do i have|is there) (any timers|any timer|a timer) [running|set|active|going]
?1 (check|show me|show) (my|the|all) (timer|timers)
?1 (check|show me|show) (my|the) {timer} timer
?1 time left [on [the] timer]
?2 (tell me|check|i wonder|do you know|any idea|can you check|could you tell me|i'd like to know|i want to know) (how long|how much time|how many minutes) (<my> timer has|<my> {timer} timer has|is <left> on <my> timer|is <left> on <my> {timer} timer|is <left> on <my> {start_span} timer|i have <left>)
?1 (tell me|check|i wonder|do you know|can you check) (if|whether) (<my> timer|<my> {timer} timer|<my> {start_span} timer) is (done|still running|over|finished|up|still going)
?2 (what's on|what is on|check on|look at|what about|how's|how far along is|where are we on|where are we with) (<my> timer|<my> {timer} timer|<my> {start_span} timer|the {room} timer)
?2 has (<my> timer|<my> {timer} timer|<my> {start_span} timer) (gone off|finished|expired|run out|ended|rung) [already|yet]
?1 (is there [still]|do i [still] have|have i [still] got) (any time|some time|time|much time|enough time) <left> (on <my> timer|on <my> {timer} timer|on <my> {start_span} timer|on it)
?2 (how much longer|how long|how much time|how many minutes) (to go|left|to wait|has it got|do i have to wait|until it rings|until it's done|for <my> timer|for the {timer}|for <my> {timer} timer)
?2 (remaining time|time left|time remaining|minutes left|time to go) [on <my> timer|on <my> {timer} timer|on the {room} timer|on <my> {start_span} timer|for the {timer}]
?2 (how long|how much time|how much) (has|have) (<my> timer|<my> {timer} timer|<my> {start_span} timer|the {room} timer) (got|still got|got left|left)
?1 when (will|does) it (go off|ring|beep|be done|be over|end|be up|finish)
?1 (<my> timer|<my> {timer} timer) is (done|over|finished|still running) (isn't it|right|yet|or not)
"""

CANCEL = block(_CANCEL, _MACROS)
PAUSE = block(_PAUSE, _MACROS)
RESUME = block(_RESUME, _MACROS)
INCREASE = block(_MORE, _MACROS)
DECREASE = block(_LESS, _MACROS)
STATUS = block(_STATUS, _STATUS_MACROS)
