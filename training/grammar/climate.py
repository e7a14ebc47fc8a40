"""Setting the heating, and asking how warm a room is."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE, RATHER
from .pattern import block

_MACROS = {
    "polite": POLITE,
    "rather": RATHER,
    "thermostat": "temperature|temperature|thermostat|thermostat|heating|heat|temp",
    "unit": "temperature|temperature|thermostat|heating|heat|ac|air conditioning|heater|radiator|radiators|climate|air con|temp",
    "set": "set|set|set|change|adjust|put|turn|bring|get|move|bump|crank|push",
    "raise": "raise|increase|turn up|bring up|bump up|crank up|push up|up|boost",
    "lower": "lower|decrease|reduce|turn down|drop|bring down|cut|take down",
    "want": "i want|i'd like|i would like|we want|we'd like|i need|let's have|can we have|can i have|could we have",
    "house": "the house|the place|the home|the flat|the apartment|the whole house|it|everything",
    "where": "in [the]|in [the]|in [the]|for [the]|over in [the]",
    "warm": "heat|warm|cool|heat up|warm up|cool down",
}

_SET = """
!6 <set> the <unit> to {temperature}
!1 <set> <thermostat> to {temperature}
!1 <set> the <thermostat> {temperature}
!1 set it to {degrees}
!3 <set> the {heater} (to|at) {temperature}
!1 (turn|bring|put) the {heater} (up|down) to {temperature}
!1 <set> {heater} to {temperature}
.1 [the] {heater} (to|at) {temperature}
!3 <set> the <unit> to {temperature} <where> {area}
!5 <set> the <unit> <where> {area} to {temperature}
!5 <set> the {area} <unit> to {temperature}
!2 <set> {area} <thermostat> to {temperature}
!1 <set> the <thermostat> of [the] {area} to {temperature}
!2 (turn|put|bring|set|crank|bump|push) the <unit> (up|down) to {temperature}
!2 (turn|put|bring|crank) (up|down) the <unit> to {temperature}
!2 (turn|bring|put) the <unit> <where> {area} (up|down) to {temperature}
!1 (turn|bring|put) the {area} <unit> (up|down) to {temperature}
!2 (<raise>|<lower>) the <unit> to {temperature}
!2 (<raise>|<lower>) the {area} <unit> to {temperature}
!2 (<raise>|<lower>) the <unit> <where> {area} to {temperature}
!3 <warm> [up|down] the {area} to {temperature}
!1 <warm> [the] {area} (up|down) to {temperature}
!1 <warm> <house> [up|down] to {temperature}
!3 (make|keep|have|get) it {degrees} <where> {area}
!2 (make|keep|have|get) it {degrees} [in here|here|inside|everywhere]
!2 (make|keep|get) the {area} (at|to|up to|down to) {degrees}
!1 (make|keep|get) the {area} {degrees}
!4 (set|keep|hold|put|bring) [the] {area} (to|at) {degrees}
!2 (set|keep|hold|put) <house> (to|at) {degrees}
!2 <set> the <unit> {floor} to {temperature}
!1 <set> the <unit> on the {floor} to {temperature}
!1 <set> the {floor} <thermostat> to {temperature}
!1 (set|keep) the {floor} at {degrees}
!1 make it {degrees} {floor}
!1 (turn on|switch on|start) the (heating|heat|ac|air conditioning|heater) (at|and set it to) {temperature}
!1 (turn on|switch on) the (heating|heat|ac|air conditioning) in [the] {area} (at|to) {temperature}
!1 (heat|cool) to {degrees} in [the] {area}
.3 <unit> [to|at|up to|down to] {temperature}
.2 <unit> in [the] {area} [to|at] {temperature}
.2 [the] {area} <thermostat> [to|at|up to] {temperature}
.2 [the] {area} (to|at) {degrees}
.1 {degrees} (in|for) [the] {area}
.1 {degrees} please
.2 <want> it to be {degrees} in [the] {area}
.2 <want> it [to be] {degrees} [in here|here|inside]
.2 <want> {degrees} in [the] {area}
.1 <want> the <thermostat> (at|to be|to be at|set to) {temperature}
.1 <want> the {area} (at|to be|to be at|heated to|cooled to) {degrees}
.1 <want> the {area} <thermostat> (at|to be|set to) {temperature}
.1 (it should be|it has to be|let it be|let's make it|can you make it) {degrees} in [the] {area}
.1 (the temperature should be|the heating should go to|let's go for|let's say|i'd say|i say|we say|make that|let's make that|i'd go for|we'd like) {degrees}
.1 (i'm|i am|we're|we are|it's|it is) [too|so|really|very] (cold|freezing|hot|chilly|warm|sweating) set (it|the temperature|the thermostat|the heating) to {temperature}
.1 (it's|it is) [too|so] (cold|hot|warm) in [the] {area} (set|put) it to {degrees}
.1 (would you mind|how about|do you mind) (setting|turning) the <thermostat> to {temperature}
.3 [the] {area} {degrees} [please|now|thanks]
.1 {degrees} {area} [please]
.2 <polite> (<set> the {area} <unit> to {temperature}|<set> the <unit> to {temperature}|<set> the <unit> <where> {area} to {temperature}|<warm> the {area} to {degrees}|make it {degrees} <where> {area}|<set> the {heater} to {temperature})
.2 <rather> ({degrees} in [the] {area}|the {area} at {degrees}|it {degrees} in [the] {area}|the <thermostat> at {temperature}|{degrees} in here|the {area} <thermostat> at {temperature})
.1 (could it be|can it be|may it be|it may be|it should be|it ought to be|it must be) {degrees} <where> {area} [please]
.1 (a comfortable|a cozy|a nice|a pleasant|a cool|a warm) {degrees} in [the] {area} [please]
!1 make it a (comfortable|cozy|nice|pleasant|cool|warm|toasty) {degrees} (in here|<where> {area}|in the house)
.1 (<unit> {area}|{area} <unit> (up|down|at)|<unit> for [the] {area}) [to] {temperature}
!1 (dial|dial in|punch in|program|fix|hold|schedule) (the <thermostat>|the {area} <thermostat>|the <thermostat> <where> {area}) (to|at|up to|down to) {temperature}
!1 (go|move) (up|down|) to {degrees} (in|for) [the] {area}
!1 (turn|crank|bring|put|bump) it (up|down) to {degrees} [in here|<where> {area}]
!1 (have|let) (the {area}|the {room}) (reach|get to|go to|warm up to|cool down to|be) {degrees}
!1 (keep|hold|leave|maintain) (the {area} at|the <thermostat> at|it at|the house at) {degrees}
.1 (we'd be happier with|we'd be more comfortable at|i'd feel better with|i'd sleep better with|let's go with|let's try|let's keep it at) {degrees} (in [the] {area}|in here)
.1 the (<unit>|{area} <unit>|<unit> <where> {area}) (should|must|needs to|has to|can|could) (be|be at|go to|be set to|go up to|go down to) {temperature}
!2 <set> the (heating|heat|temperature|thermostat|ac|temp) ({floor}|on the {floor}) to {temperature}
!1 (<warm> the {floor} to {degrees}|make it {degrees} {floor})
.1 (heating|temperature|temp) {floor} [to|at] {temperature}
"""

SET_TEMPERATURE = block(_SET, _MACROS)

_ASK = {
    "what": "what is|what's|whats|tell me|give me|check|read me|show me|can you tell me|could you tell me|do you know|i'd like to know|report|get me|i want to know",
    "temperature": "temperature|temperature|temperature|temp|room temperature|current temperature|exact temperature",
    "temp": "temperature|temperature|temperature|temp|current temperature|exact temperature",
    "how": "how warm|how hot|how cold|how cool|how chilly|how toasty",
    "now": "right now|now|at the moment|currently|today|tonight",
    "where": "in [the]|in [the]|in [the]|over in [the]|inside [the]",
    "thermostat": "thermostat|heating|heat|ac|air conditioning|heater|radiator",
    "tell": "tell me|do you know|can you tell me|could you tell me|i want to know|i'd like to know|i wonder",
}

_GET = """
?6 <what> the <temperature> <where> {area} [<now>]
?4 <what> the {area} <temp> [<now>]
?2 <what> {area} <temp>
?4 <what> the <temperature> [<now>]
?2 <what> the <temperature> [in here|here|inside|in the house|in this room|at home|indoors] [<now>]
?5 <how> is it <where> {area} [<now>]
?4 <how> is the {room} [<now>]
?4 <how> is it [in here|in this room|inside|in the house|here] [<now>]
?1 <how> is (the house|this room|the apartment|my home) [<now>]
?2 <how> (does it feel|has it got|did it get) <where> {area}
?2 <tell> <how> it is <where> {area}
?1 <tell> <how> it is [in here|inside]
?2 <what> the <temperature> of [the] {room}
?2 how many degrees (is it|are there|do we have|are we at|have we got) [<where> {area}]
?1 how many degrees [is it] [in here|inside|right now]
?2 what temperature (is it|do we have|have we got) [<where> {area}]
?1 what temperature is [the] {room} [at]
?2 (what's|what is|where is) the <thermostat> (set to|at|set at|currently at|on) [right now]
?2 (what's|what is) the <thermostat> <where> {area} (set to|at|set at)
?2 <what> the temperature (of|on) the {heater}
?1 (what's|what is) the {heater} (set to|at|set at)
?2 (what's|what is) the {room} <thermostat> (set to|at|set at)
?1 what (did you|do you have|have you) set the <thermostat> [to|at]
?2 (is it|isn't it) [too|really|very|still] (cold|warm|hot|cool|chilly) <where> {area}
?1 (is it|isn't it) [too|really|very|still] (cold|warm|hot|cool|chilly) (in here|inside|in the house)
?2 is the {room} [still|too|already|getting] (cold|warm|hot|cool|chilly|warm enough|cool enough|warmed up)
?2 <what> the <temperature> [on the] {floor}
?2 <how> is it [on the] {floor} [<now>]
?1 how many degrees is it [on the] {floor}
.2 (temperature|temp|room temperature) [in [the] {area}] [please|check|reading]
.1 {room} (temperature|temp) [please|check|reading]
.1 current temperature [in [the] {area}]
.2 (temperature|temp|current temperature|room temperature) {area} [please|right now|now]
.2 {room} (temperature|temp|degrees) (please|now|right now|reading|check|at the moment)
?1 (how is|how's|hows) the <temperature> (<where> {area}|in the house|in here) [<now>]
?2 (can|could|would) you (check|tell me|read|look up|see|find out) (the <temperature> <where> {area}|<how> it is <where> {area}|<how> the {room} is|the {room} temperature|what the <temperature> <where> {area} is)
?2 (i wonder|i'm wondering|i was wondering|any idea|please check|check|find out|i need to know|let me know) (<how> it is <where> {area}|<how> the {room} is|what the <temperature> is <where> {area}|how many degrees it is <where> {area})
?1 (tell me|check|i wonder|let me know|find out|can you check) (if|whether) (it is|it's|it has gotten) [too|really|still] (cold|warm|hot|cool|chilly) <where> {area}
?1 (tell me|check|let me know|can you check) (if|whether) the {room} is [too|still|already] (cold|warm|hot|cool|chilly)
?2 what (does|did) the <thermostat> (<where> {area}|in here|) (say|read|show|display)
?1 what does the {room} thermostat (say|read|show|display) [<now>]
?1 (what's|what is) the (reading|setting|value) (on|of) the (thermostat|{room} thermostat|thermostat in [the] {area})
?1 how many degrees (does the {room} have|has the {room} got|are we having in [the] {area}|do you measure in [the] {area}|does it have in [the] {area}|do they measure in [the] {area}|do we measure in [the] {area}|are you having in [the] {area}|are they having in [the] {area})
?1 (how warm or cold|how hot or cold) is (it <where> {area}|the {room}|it in here)
?1 (has|did) the {room} (warmed up|cooled down|warm up|cool down|gotten warm|gotten cold|heated up) [yet|already|enough]
"""

GET_TEMPERATURE = block(_GET, _ASK)
