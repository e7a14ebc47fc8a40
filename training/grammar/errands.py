"""The shopping list, the weather, and calling it off."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_SHOP = {
    "list": "shopping list|shopping list|shopping list|grocery list|list|groceries list|list of groceries|shopping",
    "my": "the|the|my|our|my",
    "buy": "buy|buy|get|get|pick up|order|purchase|grab|fetch|stock up on|bring home",
    "need": "need|need|need to buy|need to get|have to get|must buy|have to buy|should get|should buy|want to buy|need to pick up|gotta get|should pick up",
    "out": "out of|running out of|running low on|low on|short of|all out of|almost out of|nearly out of|down to the last of the|completely out of|short on",
    "when": "next time|when we go shopping|at the store|from the shop|at the supermarket|tomorrow|from the store|on the way home|next time we shop|at the grocery store|later",
}

_SHOPPING = """
!10 (add|add|put|put|write|get|stick|place|throw|pop|include|jot down|note|append) {item} (to|on|onto|in) <my> <list>
!3 (add|add|put|write|get) (a|a|an|the|some|more) {goods} (to|on|onto) <my> <list>
!1 (buy|get|order|pick up) (a|a|an|the|some|more) {goods} [please]
!2 (add|put) {item} (to|on) (shopping list|grocery list|list|groceries|the groceries)
!2 (add|put|write) (to|on) <my> <list> {item}
!2 (add|put|write|note) (down|) {item}
!1 (add|put) {item} (to|on) it
!1 (can you add|could you add|please also add|also add|and add) {item} [to <my> <list>]
!1 (put|add|write) {item} (down on|down onto) <my> <list>
.2 <my> <list> (needs|should have|is missing|lacks|also needs|must have) {item}
.3 {item} (on|to|onto) <my> <list>
.2 (shopping list|grocery list) [add] {item}
.1 for <my> <list> {item}
!3 <buy> {item} <when>
!2 <buy> [some|more|some more] {item}
!3 (remind me to|remember to|remind us to|don't let me forget to) <buy> {item}
.2 don't (forget|let me forget) (to <buy> {item}|the {item}|{item})
!1 (make a note to|note to|make a note that we need to) <buy> {item}
.4 (we|i) <need> {item}
.2 (we|i) need (some|more|some more) {item}
.4 (we are|we're|i am|i'm|were|im) <out> {item}
.3 (we|i) (ran|have run|just ran|have just run|almost ran) out of {item}
.2 (there is|there's) no [more] {item} [left|in the house|in the fridge]
.2 (we|i) (have no|don't have any|have no more|don't have|haven't got any) {item} [left|any more|anymore]
.2 (i want|i need|i'd like|we need) {item} on <my> <list>
.1 (the|our|my) {goods} (is|are) (gone|finished|empty|all gone|nearly gone|used up|almost empty)
.1 (someone|somebody|who) (ate|used|finished|drank) (all the|the last of the|the last) {goods} [put it on the list|add it to the list]
.1 (can we|could we|let's) (get|buy|have) {item} [for dinner|for tonight|for the weekend|next time]
.1 (i would|i'd|we'd) like to (add|put|have) {item} (to|on) <my> <list>
.1 (i want|i need|i'd like) you to (add|put) {item} (to|on) <my> <list>
.1 {item} (should go|has to go|needs to go|goes|must go) on <my> <list>
!1 (order|buy|get) {item} for (me|us|dinner|the party|the kids|breakfast)
"""

SHOPPING = block(_SHOPPING, _SHOP)

_SKY = {
    "when": "today|tomorrow|now|right now|tonight|this evening|this afternoon|this morning|this week|this weekend|next week|on {day}|this {day}|at the weekend|for today|for tomorrow|later|later today|in the morning|at noon|over the weekend|in the next few days|the day after tomorrow|for the weekend|next {day}|for {day}|in an hour|in {city}|in {city} tomorrow|in {city} today|for {city}|over in {city}|outside|out there|outside now",
    "rain": "rain|snow|hail|be sunny|be windy|get cold|be cloudy|be foggy|be stormy|freeze|thunder|storm|pour|be hot|be warm|be cold|be nice|be icy|clear up|stay dry|be wet|get warmer|drizzle|be freezing|warm up|get hot|be humid",
    "raining": "raining|snowing|sunny|windy|cloudy|foggy|stormy|hailing|nice|freezing|wet|pouring|hot|warm|cold|icy|clear|dry|humid|drizzling|chilly|thundering",
    "weather": "weather|weather|weather|forecast|weather forecast|weather report|weather update",
    "what": "what is|what's|whats|how is|how's|hows|how was",
    "tell": "give me|tell me|show me|read me|get me|check|get|read|look up|find|i want|i need|i'd like|i'd like to know|can i have|can i get|let me hear",
    "wear": "an umbrella|a raincoat|a jacket|a coat|sunglasses|sunscreen|a hat|a sweater|my umbrella|my coat|gloves|boots|my jacket|a warm coat|an extra layer",
    "cold": "cold|warm|hot|windy|wet|cool|chilly|sunny|nice|humid|bad|stormy",
}

_WEATHER = """
?6 <what> the weather [like|looking|going to be|going to be like|out there] [<when>]
?6 <what> the weather [like|going to be like|looking] (in|for|over in) {city} [today|tomorrow|right now|tonight|this weekend|on {day}]
?2 (will it|is it going to|is it supposed to) <rain> in {city} [today|tomorrow|tonight|this weekend]
?2 is it <raining> in {city} [now|right now|today]
?2 how <cold> (is it|will it be|will it get) in {city} [today|tomorrow|right now]
.2 <weather> (for|in) {city} [today|tomorrow|this weekend|please]
!2 <tell> the <weather> (for|in) {city} [today|tomorrow|please]
?3 (what will|how will|what does|what would) the weather (be|be like|look like|look|do) [<when>]
?3 (what's|what is|whats) the <weather> [for|like] [<when>]
.3 <weather> [<when>]
?2 (any|) (rain|snow|wind|sun|storms|frost|showers|sunshine|fog|ice) [coming|expected] (today|tomorrow|tonight|this weekend|this week|on {day}|later|this afternoon)
?2 (what's|what is|how's|how is) the (wind|rain|snow|sky|sun|air|storm|fog) [like|doing|looking] [outside|out there|today|tomorrow|right now]
?1 (what's|what is|how's) it (going to be like|looking|supposed to be like) (outside|tomorrow|this weekend|on {day}|today|tonight)
?1 how much (rain|snow|wind|sun) (will|are) (there be|we getting|we get|it be) [<when>]
.1 (today's|tomorrow's|tonight's|this week's|{day}'s) <weather> [please]
!4 <tell> the <weather> [<when>]
?2 (tell me|do you know|i wonder|can you tell me|i'd like to know) (what the weather is like|how the weather is|what the weather will be|what the weather will be like|about the weather) [<when>]
?6 (will it|is it going to|is it about to|is it supposed to|does it look like it will|might it|could it) <rain> [<when>]
?4 is it [really|still|very|going to be] <raining> [outside|out|out there|outside right now|outside now|outdoors]
?2 is it <raining> <when>
?3 (do i need|will i need|should i take|should i bring|do we need|should i wear|would i need|should we take|do the kids need) <wear> [<when>]
?2 (what are the chances|is there a chance|what's the chance|any chance|what is the probability|how likely is|what's the likelihood) of (rain|snow|a storm|sun|showers|thunderstorms|frost) [<when>]
?4 how <cold> (will it be|will it get|is it going to be|is it going to get|is it supposed to be) [outside|out there|outdoors|outside tomorrow|<when>]
?2 how <cold> is it (outside|out|out there|outdoors) [now|right now|today]
?2 (what is|what's|tell me) the temperature (outside|out there|outdoors) [now|right now|today|tomorrow]
?1 what temperature (is it|will it be) (outside|tomorrow|out there|outside tomorrow)
?2 what (will|is) the (temperature|high|low|wind|humidity) (be|going to be) [outside] (tomorrow|tonight|this weekend|on {day})
?2 (will there be|are we getting|are we going to get|is there going to be|are we expecting|are they expecting|do they expect) [any|some] (rain|snow|sunshine|wind|fog|thunderstorms|frost|storms|sun|ice) [<when>]
?1 (what should i wear|how should i dress|what do i wear) (for the weather|in this weather|outside|for the weather today|for the weather tomorrow)
?1 (is the weather|will the weather be) [going to be] (good|nice|bad|fine|okay|terrible|dry|warm|better) [<when>|enough for a walk|enough for a picnic|enough for the beach]
?1 (is it|will it be) (warm|nice|dry|sunny|cold) enough (for a walk|for a picnic|to swim|for a barbecue|to go out|for shorts|to sit outside) [<when>]
?1 when (will|does|is) it (stop raining|start raining|rain|snow|going to rain|stop snowing|clear up)
?1 (can i|can we|should i|could we) (go for a walk|have a picnic|hang out the washing|wash the car|have a barbecue) in this weather
?1 (what's it|what is it|how is it|how's it) (like|looking|doing) (outside|out there|outdoors|out) [today|now]
?1 (how many degrees) (is it|will it be|are there) (outside|tomorrow|outdoors|out there)
?1 (when is|what time is) (it going to rain|the rain coming|the storm coming)
"""

WEATHER = block(_WEATHER, _SKY)

_OFF = {
    "oh": "oh|ah|no|okay|ok|um|well|sorry|actually|wait|hmm|uh|oh no|oh well|eh|ugh|nah|no no|hang on|wait wait",
    "that": "that|it|this|my request|the request|the command|what i said|the last thing|everything|that last command|my last command",
}

_NEVERMIND = """
.8 [<oh>] (never mind|nevermind|nvm|never mind|nevermind that) [that|then|it|about that|i got it|i'll do it myself|i changed my mind|thanks|forget it]
.6 [<oh>] (forget|just forget|please forget) (it|that|about it|about that|i asked|what i said|i said anything|i said that|it then|the whole thing)
.5 [<oh>] (cancel|cancel <that>|please cancel|cancel please|cancel that please)
.5 [<oh>] (stop|stop it|stop that|stop listening|please stop|stop stop|stop now|that's enough stop)
.4 [<oh>] (abort|abort that|abort mission|scratch that|drop it|leave it|leave that|ignore that|ignore me|ignore it|ignore <that>|disregard|disregard that|disregard <that>|undo that request|take that back|strike that)
.4 [<oh>] (it's nothing|it is nothing|nothing|oh nothing|it was nothing|it doesn't matter|doesn't matter|it's not important|not important|no matter|it's fine|it's okay|all good|i'm good|no need|not needed|it's alright|no worries|don't worry|don't worry about it)
.4 [<oh>] i (changed my mind|have changed my mind|take it back|take that back|didn't mean that|did not mean that|didn't say anything|said nothing|was not talking to you|wasn't talking to you|don't need anything|don't want anything|didn't ask anything|don't need that|don't want that|didn't call you|meant nothing|was just thinking out loud|don't need it any more|will do it myself)
.3 [<oh>] (don't bother|do not bother|don't do that|don't do anything|do nothing|don't mind me|let it be|let it go|no thanks|no thank you|no never mind|don't|please don't|don't do it|never mind me|no don't)
.3 [<oh>] (that was a mistake|that was not for you|that wasn't for you|i was talking to someone else|wrong command|my mistake|false alarm|go back to sleep|be quiet|shut up|go away|my bad|wrong one|i misspoke|not you|wasn't for you|you misheard me|you got that wrong)
.2 [okay|ok|thanks|right] (that's all|that is all|that will be all|that's it|we're done|i'm done|i am done|done|nothing else|that's everything)
"""

NEVERMIND = block(_NEVERMIND, _OFF)
