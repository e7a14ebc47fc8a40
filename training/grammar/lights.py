"""Switching lights, fans, switches, things, scenes and scripts on and off.

On and off are said alike: the lines of `_SWITCH` serve both, `@` being "on" or "off".
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE, RATHER
from .pattern import block

_COMMON = {
    "polite": POLITE,
    "rather": RATHER,
    "lights": "lights|lights|lights|light|light|lighting",
    "all": "all|all of|all of|both|both of|every one of",
    "want": "i want|i need|i would like|i'd like|we need|we want|can we have|can i have|could i have|could we have|let's have|i'd love to have",
    "house": "in the house|in the whole house|everywhere|in the entire house|all over the house|in every room|around the house|in the apartment|in the flat|in here|in this room|inside",
    "where": "in [the]|in [the]|in [the]|in [the]|over in [the]|out in [the]|at [the]|for [the]",
    "must": "should be|must be|need to be|needs to be|has to be|have to be|ought to be|should go|can go|are supposed to be|is supposed to be",
}

_ON = _COMMON | {
    "@": "on",
    "do": "turn on|turn on|turn on|switch on|switch on|put on|activate|start|power on|flip on|fire up|enable|power up|get going",
    "lit": "turn on|turn on|turn on|turn on|switch on|switch on|put on|flip on|hit|bring up|activate|power on|pop on|throw on|flick on|leave on",
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
.3 <polite> (<lit> the {area} <lights>|<move> the {area} <lights> @|<lit> the lights <where> {area}|<move> the lights <where> {area} @|<move> the lights @ <where> {area}) => domain: light
.1 <polite> (<lit> [all] the lights|<move> [all] the lights @) [<house>] => domain: light
.2 <rather> (the {area} <lights> <done>|the <lights> <done> <where> {area}|the <lights> <where> {area} <done>) => domain: light
.2 [the] {area} (lights|light|all lights|lighting|the lights|everything light) (@|<done>) (please|now|right now|quick|thanks|will you|would you|for me) => domain: light
.2 (lights|light|all lights) (@ {area}|{area} @|{area} <done>) [please|now] => domain: light
.1 (@ with|@ go|and @ with) the (lights|light|{area} lights|{area} light|lights <where> {area}) => domain: light
.1 the (lights|light|lighting) <where> {area} (can|may|could|shall|should|might as well|have to|had better) (be (turned|switched)|go|come) @ [now] => domain: light
.1 the {area} (lights|light|lighting) (can|may|could|shall|had better|might as well) (be (turned|switched)|go|come) @ [now] => domain: light
!1 (set|change|toggle|bring) (the {area} lights|the lights <where> {area}|the {area} light) to @ => domain: light
!1 (turn|switch|put|get) (the light|the lights|them lights|those lights) in (there|here) @ => domain: light
!1 (turn|switch) (the one|the ones|the light that is|the lights that are|whatever light is) in [the] {area} @ => domain: light
.1 [the] {floor} (all lights|all the lights|lights) (@|<done>) [please|now] => domain: light
.1 (<polite>|<rather>) (turn|switch) @ [all] the lights [on the] {floor} => domain: light
.3 <polite> (<do> the {name}|<move> the {name} @|<do> the {name} <where> {area})
.2 <rather> (the {name} <done>|the {name} <done> now|my {name} <done>)
.1 <rather> the {name} <where> {area} <done>
.1 the {name} (can|may|could|shall|should|might as well|had better) (be (turned|switched)|go) @ [now]
!1 (set|change|bring|put) the {name} to @
.1 [the] {name} @ (please|now|right now|quick|thanks|will you|for me)
.1 (@ with|and @ with) the {name}
.1 (it is time|it's about time|high time) (to <do>|you <do>|we <do>) the {name}
.1 <polite> (<do> the {fan}|<do> the {lamp}|<move> the {lamp} @|<move> the {fan} @)
.1 (<polite>|let's) (<do> the {room} (fan|fans)|<move> the {room} (fan|fans) @|<do> the (fan|fans) <where> {area}) => domain: fan
.1 <rather> the (fan|fans) <done> <where> {area} => domain: fan
.1 <polite> (<do> the {room} switch|<do> the (switch|switches) <where> {area}|<do> all switches) => domain: switch
"""

_ONLY_ON = """
!2 (light up|illuminate|brighten up|lighten|brighten|throw some light on) [the] {area} => domain: light
!1 (make|let there be|give me|get me|bring me|bring) [some|a bit of|more] light (in|into|to) [the] {area} => domain: light
!1 make it (bright|light) in [the] {area} => domain: light
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
!1 (plug in|boot|boot up|wake up|wake) the {name} [going]
!1 get the {name} going
!1 (boot|wake|power|start|fire) (the {name}|my {name}|the {name} <where> {area}) up
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
!3 (activate|turn on|switch on|start|set|enable|trigger|run|apply|load|launch|pick|choose|select|use|bring up|recall|switch to|change to|go to|put on|engage|fire|execute) [the|my|our] scene [called|named|with the name] {scene} => domain: scene
!2 (pick|choose|select|use|bring up|recall|engage|initiate|do|fire up|put on|show|give me|call up) (the|my|our) {scene} scene => domain: scene
!1 (turn|switch|put) (the {scene} scene|the scene {scene}|scene {scene}) on => domain: scene
.1 (<rather>|let's have|how about|i want|i'd like|we want|time for|it's time for) the ({scene} scene|scene {scene}|scene called {scene}) => domain: scene
.1 (scene {scene}|{scene} scene|the scene {scene}) (on|now|please|activate|start|go) => domain: scene
.1 <polite> (activate|enable|start|turn on|set|go to) (the {scene} scene|the scene {scene}|{mode}|the {mode}) => domain: scene
!1 (set|put|switch|change) (the {room}|everything in the {room}) to the ({scene} scene|scene {scene}) => domain: scene
!1 (enable|activate|set|start|load) the scene {scene} (in|for) [the] {area} => domain: scene
!1 (engage|initiate|begin|go|get|load|pick|select|choose|trigger|run|use|execute) [the|our] {mode} => domain: scene
.1 (<rather>|can we have|how about|could we do|can we get) [the] {mode} [on] => domain: scene
!2 (begin|initiate|go through|carry out|perform|kick off|get going with|engage|enable|set off|call) [the|my|our] {script} (script|routine|automation) => domain: script
!1 (kick off|do|fire|begin|perform|play|turn on|carry out|start up) [the|my|our] (script|routine|automation) [called|named] {script} => domain: script
.1 (<polite>|i want you to|let's) (run|start|do|execute) the ({script} routine|{script} script|script {script}|{script} automation|routine {script}) => domain: script
.1 (<rather>|time for|it's time for|how about) the {script} (script|routine|automation) => domain: script
!1 (let|have) the {script} (script|routine|automation) (run|start|do its thing) => domain: script
.1 (script|routine|automation) {script} [now|please|start|run] => domain: script
.2 (it is|it's|its) (pitch black|pitch dark|completely dark|as dark as a cave|quite dark|gloomy|too gloomy|rather dark|far too dark) <where> {area} => domain: light
.2 [the] {area} is (too dark|so dark|way too dark|pitch black|pitch dark|awfully dark|much too dark|very dark|too gloomy) => domain: light
.1 (we|i) (could use|could do with|need|would love|want) (some|a bit of|a little|any kind of) (light|lighting) (in|over in|out in) [the] {area} => domain: light
.1 (i'm|i am|we're|we are) (sitting|standing|fumbling around|working|stuck) in the dark in [the] {area} => domain: light
.1 (i can hardly see|i can barely see|you can't see|nobody can see|we can barely see|i'm not able to see) (anything|a thing|what i'm doing|where i'm going) <where> {area} => domain: light
.1 (i|we) (forgot|have forgotten|forgot about it i wanted) to (turn|switch) on the {name}
.1 (i|we) (forgot|have forgotten) to (turn|switch) on the (light|lights) <where> {area} => domain: light
.1 (get|have) the {name} (up and running|on and running|working for me|started|to start)
"""

_ONLY_OFF = """
!2 (darken|black out|turn everything dark in|kill the brightness in) [the] {area} => domain: light
!1 (darken|black out) (the {room}|my {room}|our {room}|the lights in the {area}) [completely|now that we leave] => domain: light
!1 make it [completely|totally|all|pitch] dark in [the] {area} => domain: light
.1 (lights out|lights out please|all lights out|everything dark|lights out everyone|lights out everybody|lights out all|everyone lights out|good night everyone lights out|okay everyone lights out) => domain: light
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
.1 (i|we|somebody|someone) (forgot|have forgotten|must have forgotten) to (turn|switch|shut) off the {name}
.1 (i|we|somebody|someone) (forgot|have forgotten|must have forgotten) to (turn|switch) off the (light|lights) <where> {area} => domain: light
.1 (i|we|someone|somebody|the kids) (forgot to|didn't|did not) (turn|switch) off the {area} (light|lights) => domain: light
.1 the {name} (has been on long enough|has run long enough|doesn't need to be on|needn't be on|isn't needed any more|is not needed anymore|is no longer needed|shouldn't be on)
.1 the (lights <where> {area}|{area} lights|lights over in the {area}) (don't need to be on|needn't be on|aren't needed any more|are not needed anymore|are no longer needed|shouldn't be on) => domain: light
.1 (nobody is|no one is|nobody's|no one's) using the {name} [any more|anymore|now]
.1 (there's|there is) nobody in [the] {area} (so why is the light on|so turn the lights off|and the lights are on) => domain: light
.1 (we|i) can do without the (lights|light) in [the] {area} [now] => domain: light
.1 (off with|down with|out with|no more) (the|all the) (lights|light) [<house>] => domain: light
"""

TURN_ON = block(_SWITCH, _ON) + block(_ONLY_ON, _ON)
TURN_OFF = block(_SWITCH, _OFF) + block(_ONLY_OFF, _OFF)
