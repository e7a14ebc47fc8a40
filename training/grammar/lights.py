"""Switching lights, fans, switches, things, scenes and scripts on and off.

On and off are said alike: the lines of `_SWITCH` serve both, `@` being "on" or "off".
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_COMMON = {
    "lights": "lights|lights|lights|light|light|lighting",
    "all": "all|all of|all of|both|both of|every one of",
    "want": "i want|i need|i would like|i'd like|we need|we want|can we have|can i have|could i have|could we have|let's have|i'd love to have",
    "house": "in the house|in the whole house|everywhere|in the entire house|all over the house|in every room|around the house|in the apartment|in the flat|in here|in this room|inside",
    "where": "in [the]|in [the]|in [the]|in [the]|over in [the]|out in [the]|at [the]|for [the]",
    "must": "should be|must be|need to be|needs to be|has to be|have to be|ought to be|should go|can go|are supposed to be|is supposed to be",
    "mode": "mode|mode|setting|mood",
}

_ON = _COMMON | {
    "@": "on",
    "do": "turn on|turn on|turn on|switch on|switch on|put on|activate|start|power on|flip on|fire up|enable|power up|get going",
    "lit": "turn on|turn on|turn on|turn on|switch on|switch on|put on|flip on|hit|bring up|get|activate|power on|pop on|throw on|flick on|leave on",
    "move": "turn|turn|turn|switch|switch|put|flip|get|have|leave|keep|flick|pop",
    "done": "on|on|turned on|switched on",
}

_OFF = _COMMON | {
    "@": "off",
    "do": "turn off|turn off|turn off|switch off|switch off|shut off|deactivate|stop|power off|shut down|kill|cut|disable|power down|cut off|turn out",
    "lit": "turn off|turn off|turn off|turn off|switch off|switch off|shut off|put out|kill|cut|turn out|flip off|douse|deactivate|shut down|power off|flick off|extinguish",
    "move": "turn|turn|turn|switch|switch|shut|flip|get|have|leave|keep|flick|power",
    "done": "off|off|turned off|switched off|shut off|out",
}

_SWITCH = """
!6 <lit> [<all>] the {area} <lights> => domain: light
!2 <lit> {area} <lights> => domain: light
!5 <move> [<all>] the {area} <lights> [back] @ [again] => domain: light
!2 <move> {area} <lights> @ => domain: light
!5 <lit> [<all>] the <lights> <where> {area} => domain: light
!3 <move> [<all>] the <lights> <where> {area} [back] @ => domain: light
!4 <move> the <lights> [back] @ <where> {area} => domain: light
!2 <lit> (a light|some light|some lights|every light|all lights|lights|all of the lights|any lights|the lighting|every single light|everything that is a light) <where> {area} => domain: light
!1 <move> (all lights|every light|all of the lights|lights|any light|every single light) @ <where> {area} => domain: light
.3 [the] {area} <lights> @ => domain: light
.2 <lights> @ <where> {area} => domain: light
.1 <lights> <where> {area} @ => domain: light
.1 in [the] {area} <lit> [<all>] the <lights> => domain: light
.1 in [the] {area} <move> the <lights> @ => domain: light
.1 in [the] {area} i (want|need|would like) the lights @ => domain: light
.1 [the] {area} (<lit> the <lights>|<move> the <lights> @|lights @) => domain: light
.1 <want> the {area} <lights> <done> => domain: light
.1 <want> the <lights> <done> <where> {area} => domain: light
.1 the {area} <lights> <must> <done> => domain: light
.1 (can|could|should) the {area} lights be <done> => domain: light
.1 (can|could) the {name} be <done>
.1 (can|could) (you get|i get|we get) the {area} lights @ => domain: light
.1 (would it be possible to have|any chance of having|do you think we could have) the {area} lights <done> => domain: light
.1 (the|all the|all) lights in [the] {area} <must> <done> => domain: light
.1 (make sure|see that|see to it that|make sure that|be sure that) the {area} <lights> are <done> => domain: light
.1 (make sure|see that|make sure that) the lights in [the] {area} are <done> => domain: light
.1 (would you mind|do you mind|how about|what about) (turning|switching) (@ the {area} lights|@ the lights in [the] {area}|the {area} lights @|the lights @ in [the] {area}) => domain: light
!1 go (and|ahead and) <lit> the {area} lights => domain: light
!1 (turn|switch) (@ the light and the|@ the ceiling and the) other lights in [the] {area} => domain: light
!4 <lit> [<all>] the <lights> => domain: light
!3 <move> [<all>] the <lights> [back] @ [again] => domain: light
!2 <lit> [<all>] the <lights> <house> => domain: light
!1 <move> [<all>] the <lights> @ <house> => domain: light
!1 <lit> (every light|all lights|every single light|lights|all of them lights|every lamp) [<house>] => domain: light
.2 (lights @|light @|all lights @|all the lights @|lights @ please|every light @) [<house>] => domain: light
.1 <want> [all] the <lights> <done> => domain: light
.1 (would you mind|do you mind|how about) (turning|switching) (@ [all] the lights|[all] the lights @) => domain: light
!3 <lit> [<all>] the <lights> [on the] {floor} => domain: light
!2 <move> [<all>] the <lights> @ [on the] {floor} => domain: light
!1 <lit> the {floor} lights => domain: light
!1 <move> the {floor} lights @ => domain: light
!1 <lit> (every light|all lights|lights) [on the] {floor} => domain: light
.1 (lights @|all lights @) [on the] {floor} => domain: light
.1 [the] {floor} lights @ => domain: light
!1 <lit> the lights {outside} => domain: light
!1 <move> the ({outside} lights|lights {outside}) @ => domain: light
.1 ({outside} lights @|lights {outside} @|lights @ {outside}) => domain: light
!8 <do> the {name}
!4 <do> {name}
!2 <do> (my|our|that|this|his|her) {name}
!6 <move> the {name} [back] @ [again]
!3 <move> {name} @
!2 <move> (my|our|that|this) {name} @ [again]
!2 <do> the {name} <where> {area}
!1 <do> {name} <where> {area}
!2 <move> the {name} <where> {area} @
!2 <move> the {name} @ <where> {area}
.3 [the] {name} @
.1 [the] {name} <where> {area} @
.1 [the] {name} @ <where> {area}
.1 in [the] {area} <do> the {name}
.1 <want> the {name} <done> [now]
.1 the {name} <must> <done>
.1 (make sure|see that|make sure that) the {name} is <done>
.1 (would you mind|do you mind|how about|what about) (turning|switching) (@ the {name}|the {name} @)
.1 (time to|let's|we should|we can|you can|i'd like to|i want to|we have to|it's time to|you may) <do> the {name} [now]
.1 (time to|let's|we should|i'd like to|i want to) (turn|switch) the {name} @
!1 (go ahead and|just|kindly|go and|quickly|now) <do> the {name}
!1 (press|hit|push|flip|toggle) the {name} @
!1 (give|send) the {name} the command to (turn|switch) @
!3 <do> the {lamp}
!2 <move> the {lamp} [back] @
!1 <do> {lamp}
!1 <do> the {lamp} <where> {area}
!1 <move> the {lamp} <where> {area} @
.2 [the] {lamp} @
!2 <do> the {fan}
!2 <move> the {fan} [back] @
!1 <do> the {fan} <where> {area}
!1 <move> the {fan} <where> {area} @
.1 [the] {fan} @
!2 <do> [all] the (fan|fans) => domain: fan
!2 <move> [all] the (fan|fans) @ => domain: fan
!3 <do> [<all>] the {room} (fan|fans) => domain: fan
!2 <move> [<all>] the {room} (fan|fans) @ => domain: fan
!2 <do> [<all>] the (fan|fans) in [the] {area} => domain: fan
!2 <move> the (fan|fans) <where> {area} @ => domain: fan
!1 <move> the (fan|fans) @ <where> {area} => domain: fan
.2 [the] {room} (fan|fans) @ => domain: fan
.1 (fan|fans|all fans) @ => domain: fan
.1 (fan|fans) @ <where> {area} => domain: fan
!1 <do> (every fan|all fans) [<house>] => domain: fan
!1 <do> [all] the fans [on the] {floor} => domain: fan
!2 <do> [<all>] the {room} (switch|switches) => domain: switch
!1 <move> [<all>] the {room} (switch|switches) @ => domain: switch
!2 <do> [<all>] the (switch|switches) <where> {area} => domain: switch
!1 <move> the (switch|switches) <where> {area} @ => domain: switch
!1 <do> (all switches|every switch|all the switches|the switches) => domain: switch
!1 <move> (all switches|every switch|all the switches|the switches) @ => domain: switch
!1 <do> [all] the switches [on the] {floor} => domain: switch
.1 [the] {room} (switch|switches) @ => domain: switch
"""

_ONLY_ON = """
!2 (light up|illuminate|brighten up|lighten|brighten|throw some light on) [the] {area} => domain: light
!1 (make|let there be|give me|get me|bring me|bring) [some|a bit of|more] light (in|into|to) [the] {area} => domain: light
!1 make it (bright|light|brighter) in [the] {area} => domain: light
.1 (it is|it's|its) [way|too|so|very|really|a bit|pretty|kind of|much too|getting] dark <where> {area} => domain: light
.1 (it is|it's|its) [way|too|so|very|really|a bit|pretty|getting] dark [in here|here|in this room|now] => domain: light
.1 (i can't see|i cannot see|i can see nothing|can't see|we can't see|i don't see) [a thing|anything|my hand|where i'm going] in [the] {area} => domain: light
.1 (i can't see|i cannot see|i can't see a thing|can't see anything) [in here|here] => domain: light
.1 <want> [some|the|a little|more] (light|lights) [on] in [the] {area} => domain: light
.1 (why are|how come|why is it that) the {area} lights (still off|off|always off) [please] (turn|switch) them on => domain: light
.1 (let there be light|lights please|some light please|light please|give me some light|i need some light|i need light|light it up|light up the house) => domain: light
.1 (i'm|i am|we're) (going to|walking into|heading to|coming into|about to go into) the {area} (turn|switch) the (light|lights) on => domain: light
.1 (did you|have you|i) (forgotten|forgot) the {name} (turn|switch) it on
!1 (make|have|let) the {name} (go|run|work|start)
!1 (plug in|boot|boot up|wake up|wake|crank up|get) the {name} [going]
.1 <want> the {name} (running|going|working)
!2 (activate|start|run|enable|engage) {scene}
!1 (run|start up|launch|kick off) the {name}
!1 turn the {name} back on
.1 (is it possible to|is there a way to) turn on the {name}
!5 (activate|turn on|switch on|start|set|enable|run|apply|load|launch|trigger) [the] {scene} scene => domain: scene
!2 (activate|turn on|switch on|start|set|enable|trigger) the scene [called|named] {scene} => domain: scene
!2 (change|switch|go|move|set it|set everything) to [the] {scene} scene => domain: scene
.1 {scene} scene [on|now|please] => domain: scene
.1 scene {scene} => domain: scene
!3 (activate|turn on|switch on|start|set|enable|go to|switch to|put on|enter|go into|change to) [the] {mode} => domain: scene
!1 (turn|switch|put) [the] {mode} on => domain: scene
.1 {mode} [on|now|please] => domain: scene
.1 (it's time for|time for|let's have|let's do|i want|i'd like) [the] {mode} => domain: scene
!1 (put|set) the house (in|into|to) {mode} => domain: scene
!2 (activate|turn on|start|set) [the] {scene} scene in [the] {area} => domain: scene
!1 (activate|turn on|start|set) {mode} in [the] {area} => domain: scene
!1 (put|set|switch) the {room} (in|into|to) {mode} => domain: scene
!5 (run|start|execute|launch|trigger|activate|turn on|kick off|fire|do|play) [the|my|our] {script} (script|script|routine|automation) => domain: script
!2 (run|start|execute|launch|trigger|activate) the (script|routine|automation) [called|named] {script} => domain: script
.1 {script} (script|routine) [now|please] => domain: script
!1 (run|start|execute) script {script} => domain: script
"""

_ONLY_OFF = """
!2 (darken|black out|turn everything dark in|kill the brightness in) [the] {area} => domain: light
!1 make it [completely|totally|all|pitch] dark in [the] {area} => domain: light
.1 (lights out|lights out please|all lights out|everything dark|lights out everyone) => domain: light
.1 (lights out|all lights out) <where> {area} => domain: light
.1 (nobody is|no one is|there is nobody|there's no one|nobody's|no one's|everybody left|i'm not|we are not) in [the] {area} [any more|anymore] (turn|switch) the (light|lights) off => domain: light
.1 (i left|we left|someone left|you left|somebody left|the kids left|i forgot|we forgot) the (light|lights) on in [the] {area} => domain: light
.1 (i left|we left|someone left|you left|the kids left|i forgot) the {area} (light|lights) on => domain: light
.1 (we don't|i don't|nobody will|you don't|we do not) need [any|the] (light|lights) in [the] {area} [any more|anymore|now] => domain: light
.1 (we don't|i don't|nobody will) need the {area} (light|lights) [any more|anymore|now] => domain: light
.1 (why are|how come|why on earth are) the {area} lights (still on|always on|on) [please] (turn|switch) them off => domain: light
.1 (it is|it's|its) [way|too|so|much too|far too] bright in [the] {area} (turn|switch) the lights off => domain: light
.1 (i'm|we're|i am) (done|finished) in [the] {area} (turn|switch) the (light|lights) off => domain: light
.1 (i'm|i am|we're|we are) going to (bed|sleep) (turn|switch) (off [all] the lights|[all] the lights off) => domain: light
!1 (make|have|let) the {name} (stop|shut up|go off|shut down|go to sleep|rest)
!1 (unplug|shut|put out|turn out|quit|close down) the {name}
.1 (i|we|you) (don't|do not) need the {name} [any more|anymore|now|right now]
.1 (i|we|somebody|someone) (left|forgot) the {name} on (turn|switch) it off
.1 (i|we|somebody|someone) (left|forgot) the {name} on
.1 the {name} is (still on|on|still running) (turn|switch|shut) it off
.1 (no need for|there is no need for) the {name} [any more|anymore] [turn it off|switch it off]
.1 (i'm|i am|we're|we are) (done|finished) with the {name} [turn it off|switch it off]
.1 (that's enough|enough) (of the|with the) {name}
!1 stop the {name} (running|from running)
!1 turn the {name} back off
"""

TURN_ON = block(_SWITCH, _ON) + block(_ONLY_ON, _ON)
TURN_OFF = block(_SWITCH, _OFF) + block(_ONLY_OFF, _OFF)
