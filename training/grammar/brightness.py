"""Brightness and colour of lights. `{lamp}` and `{bulb}` are things that shine; a `{player}` at 40 percent is loud."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE, RATHER
from .pattern import block

_MACROS = {
    "polite": POLITE,
    "rather": RATHER,
    "lights": "lights|lights|light|lighting",
    "set": "set|set|set|dim|put|change|adjust|turn|bring|switch|get|make",
    "colour": "set|set|turn|turn|make|make|change|switch|put",
    "down": "dim|dim|lower|turn down|bring down|reduce|drop|take down|soften",
    "up": "brighten|raise|turn up|bring up|increase|boost|crank up|pump up",
    "want": "i want|i'd like|i would like|we want|let's have|can i have|can we have|could i have|i need",
    "bright": "brightness|brightness|brightness|light level|intensity|dimmer|brightness level",
    "half": "half|half|half|half brightness|fifty fifty|half power|half way|halfway|the halfway point",
    "full": "full|full brightness|maximum|max|maximum brightness|the max|the maximum|full power|full blast|the brightest|a hundred percent|their brightest|its brightest|the brightest setting|the highest|all the way up",
    "least": "minimum|the minimum|minimum brightness|the lowest|the lowest setting|the dimmest|the dimmest setting|the lowest brightness|the least|their lowest|the very lowest",
    "quarter": "a quarter|one quarter|a quarter brightness|a quarter of the brightness",
    "where": "in [the]|in [the]|in [the]|over in [the]|out in [the]|for [the]",
}

_LINES = """
!8 <set> [all|all of] the {area} <lights> to {percent} [brightness]
!3 <set> {area} <lights> to {percent} [brightness]
!3 <set> the {room} <bright> to {percent}
!3 (dim|brighten|light up|lighten) [the] {area} to {percent} [brightness]
!2 (set|put|bring|turn|dim) [the] {room} to {percent}
!2 (dim|set|put|turn) the lights in here to {percent}
!1 <colour> the lights (in here|in this room|everywhere|in the house) [to] {color}
!1 (dim|set|turn) the {lamp} in [the] {area} to {percent}
!3 <set> the <bright> (of|for|in) [the] {room} to {percent}
!2 <set> the <bright> in [the] {area} to {percent}
!3 <set> the <bright> of the {area} <lights> to {percent}
!2 <set> the <bright> of the <lights> <where> {area} to {percent}
!5 <set> [all] the <lights> <where> {area} (to|at|to about|to around) {percent} [brightness]
!2 <set> the <lights> to {percent} [brightness] <where> {area}
!3 <down> the {area} <lights> [down] to {percent} [brightness]
!3 <up> the {area} <lights> [up] to {percent} [brightness]
!2 <down> the <lights> <where> {area} to {percent}
!2 <up> the <lights> <where> {area} to {percent}
!1 (turn|bring|take) the {area} <lights> (down|up) to {percent}
!1 (turn|bring|take) the <lights> <where> {area} (down|up) to {percent}
!1 (turn|bring) (down|up) the <bright> in [the] {area} to {percent}
!2 (turn on|switch on|put on) the {area} <lights> (at|to|with) {percent} [brightness]
!2 (turn on|switch on|put on) the <lights> <where> {area} (at|to|with) {percent} [brightness]
!1 (turn|switch|put) the {area} <lights> on (at|to) {percent} [brightness]
!2 (make|have|keep) the {area} <lights> (at|to be) {percent} [bright]
!1 (make|have) the {area} <lights> {percent} [bright]
!1 (give me|i want|i need|i'd like) {percent} (light|brightness|of light|of brightness) in [the] {area}
.3 [the] {area} <lights> [to|at|down to|up to] {percent} [brightness]
.1 [the] {room} <bright> [to|at] {percent}
.2 (lights|light|brightness|the lights) in [the] {area} [to|at|down to|up to] {percent}
.1 {percent} (light|brightness|lights) in [the] {area}
.1 {percent} (on|for) the {area} lights
.2 <want> the {area} <lights> (at|to be|dimmed to|to be at|set to|on at|on) {percent} [brightness]
.1 <want> the <lights> in [the] {area} (at|to be|dimmed to|to be at|set to) {percent}
.1 (in the|in) {area} (set|dim|put|bring) the <lights> to {percent}
.1 the {area} <lights> (should be|must be|need to be|should go) (at|dimmed to|set to) {percent}
.1 (would you mind|do you mind|how about) (dimming|setting|putting) the {area} lights to {percent}
.1 (it is|it's) too (bright|dark) in [the] {area} (set|put) the lights to {percent}
!2 <set> the {area} <lights> (to|at) <half> => brightness: 50
!1 <set> the <lights> <where> {area} (to|at) <half> => brightness: 50
!1 <down> the {area} <lights> (to <half>|by half|halfway) => brightness: 50
!1 <down> the <lights> <where> {area} (to <half>|halfway) => brightness: 50
.1 [the] {area} <lights> (to|at) <half> => brightness: 50
!1 <set> the {area} <lights> (to|at) <quarter> => brightness: 25
!2 <set> the {area} <lights> (to|at|up to) <full> => brightness: 100
!2 <set> the <lights> <where> {area} (to|at|up to) <full> => brightness: 100
!1 <up> the {area} <lights> (to <full>|all the way|all the way up|as far as they go) => brightness: 100
!1 <up> the <lights> in [the] {area} (to <full>|all the way) => brightness: 100
!1 (turn|switch) on the {area} <lights> (at|to) <full> => brightness: 100
!1 make the {area} <lights> as bright as (possible|they go|it gets|they can be|you can) => brightness: 100
.1 (full|maximum|max) (brightness|light) in [the] {area} => brightness: 100
.1 [the] {area} <lights> (to|at) (full|max|maximum|full brightness) => brightness: 100
!2 <set> the {area} <lights> (to|at|down to) <least> => brightness: 1
!1 <set> the <lights> <where> {area} (to|at|down to) <least> => brightness: 1
!1 <down> the {area} <lights> (to <least>|all the way|as far as they go) => brightness: 1
!1 make the {area} <lights> as (dim|dark) as (possible|they go|it gets|they can be) => brightness: 1
.1 [the] {area} <lights> (to|at) (minimum|the minimum|the lowest) => brightness: 1
!3 <set> [all] the (lights|lights|light|lighting|brightness) [down|up] to {percent} [brightness]
!1 <down> [all] the lights [down] to {percent}
!1 <up> [all] the lights [up] to {percent}
.2 (lights|light|brightness|all lights|the lights) [to|at|down to|up to] {percent} [brightness]
.1 {percent} (brightness|light|lights)
!1 (dim|turn|bring) it (down|up) to {percent} brightness
!1 <set> [all] the lights (to|at) <half> => brightness: 50
!1 <set> [all] the lights (to|at|up to) <full> => brightness: 100
!1 <set> [all] the lights (to|at|down to) <least> => brightness: 1
!2 <set> [all] the lights [on the] {floor} to {percent}
!1 <set> the {floor} lights to {percent}
!1 (turn|switch) on the lights [on the] {floor} at {percent}
!3 <set> the {lamp} (to|at) {percent} [brightness]
!3 <set> the {bulb} (to|at) {percent} [brightness]
!2 (set|dim|put|change) the {name} to {percent} brightness
!2 (set|dim|put|change|bring) {bulb} to {percent} [brightness]
!2 <set> the <bright> (of|for|on) [the] {lamp} to {percent}
!2 <set> the <bright> (of|for|on) [the] {device} to {percent}
!2 <set> the {bulb} <bright> to {percent}
!2 <down> the {bulb} [down] to {percent}
!2 <up> the {bulb} [up] to {percent}
!1 <down> the {lamp} [down] to {percent}
!2 (turn on|switch on) the {bulb} (at|to|with) {percent} [brightness]
!1 (turn|switch|put) the {bulb} on at {percent}
!1 (make|have) the {bulb} {percent} bright
!1 <set> the {bulb} <where> {area} to {percent}
.2 [the] {bulb} (to|at) {percent} [brightness]
.1 [the] {lamp} (to|at) {percent} [brightness]
.1 [the] {bulb} <bright> [to|at] {percent}
.1 <want> the {bulb} (at|to be|dimmed to) {percent} [brightness]
!1 <set> the {bulb} (to|at) <half> => brightness: 50
!1 <set> the {bulb} (to|at) <full> => brightness: 100
!1 <set> the {bulb} (to|at) <least> => brightness: 1
!6 <colour> [all] the {area} <lights> [to] {color}
!2 <colour> {area} <lights> [to] {color}
!4 <colour> the <lights> <where> {area} [to] {color}
!2 <colour> the <lights> [to] {color} <where> {area}
!3 (set|change|switch|turn) the (color|colour) of the {area} <lights> to {color}
!1 (set|change|switch) the (color|colour) of the <lights> in [the] {area} to {color}
!2 (set|change|switch) the {area} <lights> (color|colour) to {color}
!1 (set|change) the (color|colour) (in|of) [the] {room} to {color}
!1 (paint|bathe|light|light up|drench|dip|flood) [the] {area} in {color}
!1 (paint|tint|colour|color|wash) (the {area}|the lights <where> {area}|my {room}) (in|with) {color} [light]
!1 (turn|switch|make|light|color|colour) [the] {room} {color}
!1 (give me|i want|i need|i'd like) {color} light in [the] {area}
!1 (turn on|switch on) the {area} <lights> in {color}
.2 [the] {area} <lights> [to|in] {color}
.1 {color} (lights|light) in [the] {area}
.1 <want> the {area} <lights> (in|to be) {color}
.1 <want> {color} (light|lights) in [the] {area}
!3 <colour> [all] the <lights> [to] {color}
.1 (lights|all lights|the lights) [to] {color}
!1 <colour> the lights {floor} [to] {color}
!3 <colour> the {bulb} [to] {color}
!2 <colour> the {lamp} [to] {color}
!1 <colour> {bulb} to {color}
!1 (set|change) the (color|colour) of the {bulb} to {color}
.1 [the] {bulb} (to|in) {color}
.1 <want> the {bulb} (in|to be) {color}
!2 <colour> the {area} <lights> [to] {color} (and|at|with) {percent} [brightness]
!1 <colour> the {area} <lights> [to] {percent} (and|in) {color}
!1 <colour> the <lights> in [the] {area} [to] {color} (at|and) {percent}
!1 <colour> the {bulb} [to] {color} (at|and) {percent}
.3 <polite> (<set> the {area} <lights> to {percent}|<set> the <lights> <where> {area} to {percent}|dim the {room} to {percent}|<set> the {bulb} to {percent} [brightness])
.2 (<rather>|<want>) (the {area} <lights> at {percent}|the <lights> <where> {area} at {percent}|{percent} brightness in [the] {area}|the <bright> in [the] {area} at {percent})
.2 (lights|light|brightness|lighting) {area} [to|at] {percent}
.2 [the] {area} <lights> {percent} (please|now|bright|brightness|thanks)
.1 (dim|dimmer|dimmed|brightness) [the] {area} [to|at] {percent}
.1 {percent} (is enough|is fine|will do|would be nice|would be good|should do|please) for the {area} lights
.1 the (<lights>|<bright>) <where> {area} (should be|can be|must be|needs to be|may be|could be) [at|set to|around] {percent}
.1 (leave|keep|have|hold) the (lights <where> {area}|{area} lights) at {percent}
!1 (give|let) the {area} lights (have|use|) {percent} [brightness|power]
!2 (take|turn|bring|drop|fade|ramp|slide) the {area} <lights> (down|up|) to {percent}
!1 (take|turn|bring|drop|fade) the {bulb} (down|up) to {percent}
.1 <rather> the {bulb} (at|dimmed to) {percent}
.2 [the] {lamp} {percent} [brightness|please]
!2 (make|get|have|put) (the {area} lights|the lights in [the] {area}|it in [the] {area}) as bright as (possible|they go|it gets|they can be|you can|it can be) => brightness: 100
.1 (all the light|all the brightness|as much light as possible|the full light|maximum light) in [the] {area} [please] => brightness: 100
!1 make (the {bulb}|my {bulb}) as bright as (possible|it goes|it gets|it can be|you can) => brightness: 100
!1 make the {bulb} as (dim|dark) as (possible|it goes|it gets|it can be) => brightness: 1
!1 (take|turn|bring|fade) the {area} lights (all the way down|down as far as they go|down to <least>) => brightness: 1
!1 make (it|everything|all the lights) as bright as (possible|it gets|you can|they go) => brightness: 100
.2 (<rather>|<want>) (<half>|half the brightness) (for the {area} lights|in [the] {area}) => brightness: 50
!1 (turn|bring|take|dim) (the {area} <lights>|the <lights> <where> {area}) (halfway|half way|down to <half>|down by half|down halfway) => brightness: 50
.2 <polite> (<colour> the {area} <lights> [to] {color}|<colour> the <lights> <where> {area} {color}|make the {room} {color}|<colour> the {bulb} [to] {color})
.2 (<rather>|<want>) (the {area} <lights> {color}|the <lights> <where> {area} {color}|{color} light in [the] {area}|the {bulb} in {color}|it {color} in [the] {area})
!1 make it [all] {color} <where> {area}
.1 (light|lights|lighting) {area} [to|in] {color}
.1 [the] {room} (in|to) {color} [please|light|lights]
.1 {color} (for|in) [the] {area} [please]
.1 {color} for the {area} (lights|light) [please]
.1 (i'm in the mood for|how about|let's go for|let's try|i fancy|what about) {color} (light|lights|lighting) in [the] {area}
!1 (let|make|have) (the {room}|the {area} lights|the lights in [the] {area}) (shine|glow|light up) [in] {color}
!1 (go|switch over|change over|fade) to {color} [light] in [the] {area}
.1 the (lights <where> {area}|{area} lights|{bulb}) (should|must|can|could) be {color}
"""

LIGHT_SET = block(_LINES, _MACROS)
