"""Setting the heating, and asking how warm a room is."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_MACROS = {
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
!2 (make|keep) it {temperature} <where> {area}
!1 (make|keep) it {temperature} (in here|inside)
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
.1 (the temperature should be|the heating should go to|let's go for|let's say) {degrees}
.1 (i'm|i am|we're|we are|it's|it is) [too|so|really|very] (cold|freezing|hot|chilly|warm|sweating) set (it|the temperature|the thermostat|the heating) to {temperature}
.1 (it's|it is) [too|so] (cold|hot|warm) in [the] {area} (set|put) it to {degrees}
.1 (would you mind|how about|do you mind) (setting|turning) the <thermostat> to {temperature}
"""

SET_TEMPERATURE = block(_SET, _MACROS)

_ASK = {
    "what": "what is|what's|whats|tell me|give me|check|read me|show me|can you tell me|could you tell me|do you know|i'd like to know|report|get me|i want to know",
    "temperature": "temperature|temperature|temperature|temp|room temperature|current temperature|exact temperature",
    "how": "how warm|how hot|how cold|how cool|how chilly|how toasty",
    "now": "right now|now|at the moment|currently|today|tonight",
    "where": "in [the]|in [the]|in [the]|over in [the]|inside [the]",
    "thermostat": "thermostat|heating|heat|ac|air conditioning|heater|radiator",
    "tell": "tell me|do you know|can you tell me|could you tell me|i want to know|i'd like to know|i wonder",
}

_GET = """
?6 <what> the <temperature> <where> {area} [<now>]
?4 <what> the {area} <temperature> [<now>]
?2 <what> {area} <temperature>
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
"""

GET_TEMPERATURE = block(_GET, _ASK)
