"""The shopping list, the weather, and calling it off."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE
from .pattern import block

_SHOP = {
    "polite": POLITE,
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
!6 (remind me|remind us|please remind me|don't let me forget|don't let us forget|help me remember|remember|tell me not to forget) to <buy> {item} [<when>]
!2 (make sure|see to it that|see that) (i|we) (<buy> {item}|don't forget {item}|remember {item})
.2 <polite> (add {item} to <my> <list>|put {item} on <my> <list>|<buy> {item}|remind me to <buy> {item}|add {item})
!3 (chuck|bung|whack|slap|drop|enter|log|record|register|list|slip|toss|mark|save) {item} (on|to|onto|in) <my> <list>
.3 (we|i) (could use|could do with|might do with|can do with|are in need of|really need|still need|will need|are missing|also need) {item}
.2 (the fridge|the pantry|the kitchen|the house|the cupboard) is <out> {item}
.3 (there's|there is|there are|we have|i have) (hardly any|barely any|not much|not enough|almost no|no more|next to no) {goods} [left|in the fridge|in the house]
.2 (no|no more|hardly any|not much|not enough) {goods} left [in the house|in the fridge]
.2 (the|our|my) {goods} (ran out|has run out|is running low|is running out|is almost finished|will be gone soon|have run out|are running low|is about to run out)
.2 (we|i|somebody|someone|the kids) [just] (used up|finished|finished off|ate up|drank up|emptied|ate|drank) (the last of the|the last bit of the|all the|all our) {goods}
.2 (shopping list|grocery list|shopping|groceries) {item} [please]
.2 {item} (for|to|onto) the (shopping list|grocery list|list|shopping) [please|too|as well]
.1 (can|could|may|should) {item} go on <my> <list>
!2 (while you're at it|next time|also|and|oh and|as well|and also) (add|get|buy|put on the list) {item}
.1 (don't forget|remember) (we need|that we need|that we're out of) {item}
!1 remember to put {item} on <my> <list>
.1 (i'm going shopping|i'm off to the store|we're going to the supermarket|before i go shopping) (add {item}|put {item} on the list|note {item}|add {item} to the list)
.1 {item} (has to be bought|must be bought|needs to be bought|should be bought|needs to be on the list)
"""

SHOPPING = block(_SHOPPING, _SHOP)

_SKY = {
    "when": "today|tomorrow|now|right now|tonight|this evening|this afternoon|this morning|this week|this weekend|next week|on {day}|this {day}|at the weekend|for today|for tomorrow|later|later today|in the morning|at noon|over the weekend|in the next few days|the day after tomorrow|for the weekend|next {day}|for {day}|in an hour|in {city}|in {city} tomorrow|in {city} today|for {city}|over in {city}|outside|out there|outside now",
    "rain": "rain|snow|hail|be sunny|be windy|get cold|be cloudy|be foggy|be stormy|freeze|thunder|storm|pour|be hot|be warm|be cold|be nice|be icy|clear up|stay dry|be wet|get warmer|drizzle|be freezing|warm up|get hot|be humid",
    "raining": "raining|snowing|sunny|windy|cloudy|foggy|stormy|hailing|nice|freezing|wet|pouring|hot|warm|cold|icy|clear|dry|humid|drizzling|chilly|thundering",
    "wet": "raining|snowing|sunny|windy|cloudy|foggy|stormy|hailing|pouring|drizzling|thundering",
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
?2 is it <wet> in {city} [now|right now|today]
?2 how <cold> will it (be|get) in {city} [today|tomorrow]
?1 how (windy|wet|sunny|stormy) is it in {city} [today|right now]
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
.3 (weather|forecast|weather report|weather forecast) {city} [today|tomorrow|please|this weekend|now]
.2 {city} (weather|forecast|weather report|weather forecast) [today|tomorrow|please|this weekend|now]
.1 (rain|snow|sun|wind|storms|frost) <when>
?2 (do you think|do you know if|tell me if|tell me whether|i wonder if|i wonder whether|can you check if|check whether|any idea if|check if|let me know if) (it will|it's going to|it'll|it is about to|it might) <rain> [<when>]
?2 (tell me if|tell me whether|i wonder if|check whether|check if|can you see if) it is (<raining> [outside|out|right now]|<wet> in {city})
?1 (it's|it is) (going to <rain>|<raining> outside|supposed to <rain>|<wet> in {city}) [<when>] (isn't it|right|or not)
?2 (is it possible|how certain is it|is it likely) that it (will <rain>|rains|snows|storms) [<when>]
?2 (will|do) we (get rain|get snow|have rain|have sun|have snow|get sunshine|get a storm) [<when>]
?2 (will i|am i going to|do i) (get wet|freeze|need an umbrella|get soaked|get rained on|need sunglasses|need a coat) [outside|<when>]
?1 (what kind of|what sort of|which) weather (do we have|are we having|can we expect|will we have|is it|should i expect|is coming|can i expect) [<when>]
?1 (how about|what about) the (weather|forecast|rain|snow|temperature outside) [<when>]
?1 (what's|what is) it doing (outside|out there|out) [weather wise]
.1 (i want|i'd like|i need|may i have|can i have|could i get) (the weather|the forecast|the weather forecast|the weather report) [for] [<when>]
?1 (should i|should we|do i have to|do we need to) (take an umbrella|bring an umbrella|wear a coat|put on sunscreen|dress warm|dress warmly|wear something warm|pack a raincoat) [<when>]
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
.2 [okay|ok|thanks|right] (that's all|that is all|that will be all|that's it|we're done|i'm done|i am done|nothing else|that's everything)
.6 [<oh>] (scratch|forget|drop|cancel|ignore|disregard|strike|scrap|undo|delete|leave|erase|dismiss|retract|withdraw|nix) (that|it|this|that one|this one|that thought|what i said|what i just said|the last one|all that|all of that|my words|that request|my last sentence|that last bit|that order) [please|sorry|then|i changed my mind|again]
.5 [<oh>] (my|that's my|that was my|entirely my|all my) (bad|mistake|fault|error|apologies|slip|goof|blunder|misunderstanding) [sorry|never mind|forget it|ignore that|ignore me]
.4 [<oh>] (i|i just|i only|i must have) (made a mistake|made an error|misspoke|said it wrong|said that wrong|got confused|got mixed up|mixed that up|meant something else|said the wrong thing|pressed the wrong button|woke you by accident|called you by mistake|slipped up|messed up) [sorry|never mind|forget it]
.4 [<oh>] (that|this|it) was (a mistake|an accident|an error|a slip|a slip of the tongue|not meant for you|not for you|by mistake|by accident|just a joke|only a joke|an oversight|a false alarm|the wrong one|not what i wanted) [sorry|never mind|forget it]
.3 [<oh>] (sorry|oops|whoops|my apologies|oopsie|i'm sorry) (never mind|wrong one|wrong command|wrong button|my mistake|forget it|that was wrong|ignore that|i misspoke|cancel that|my bad|wrong word)
.2 [<oh>] (wrong|the wrong|that was the wrong|sorry wrong|that's the wrong) (one|command|button|word|device|thing|request|order) [sorry|never mind|forget it]
.3 [<oh>] (on second thought|on second thoughts|come to think of it|actually|thinking about it|now that i think about it) (no|never mind|don't|forget it|leave it|not|rather not|better not|let's not|i'd rather not)
.3 [<oh>] (let's|let us) (not|forget it|forget that|leave it|drop it|leave it at that|not do that|not bother|forget about it|forget i said that|call it off)
.3 [<oh>] (not now|maybe later|some other time|perhaps later|another time|better not|rather not|i'd rather not|maybe not|i'd better not|maybe another time|later maybe) [thanks|sorry|please|never mind]
.3 [<oh>] (quit|quit it|quit that|cut it out|cut that out|knock it off|stop that now|enough|enough of that|enough now|that's enough|stand down|back off|as you were|hush|shush|stop talking|zip it|pipe down|stop it now) [please|now|thanks]
.3 [<oh>] (don't|do not|no need to|you needn't|you don't have to|you don't need to) (worry about|listen to|pay attention to|bother with|take notice of|do|think about|mind) (it|that|me|this|what i said) [any more|please]
.3 [<oh>] (pretend|act like|act as if|imagine|let's pretend|just pretend) i (said nothing|didn't say anything|never said that|never asked|never said anything|didn't ask)
.3 [<oh>] (i'm|i am|i was) (not talking to you|not speaking to you|talking to someone else|talking to myself|speaking to someone else|talking to my wife|talking to the dog)
.3 [<oh>] (i'll|i will|i can|let me) (do|handle|manage|sort|take care of|fix|see to) (it|that|this) (myself|on my own|by hand) [thanks|never mind|forget it]
.3 [<oh>] (that's|that is|it's|it is|this is) (no longer|not|not really) (needed|necessary|important|required) [any more|anymore|after all|now]
.3 [<oh>] (it can wait|that can wait|no longer needed|no longer necessary|i got it|i've got it|i figured it out|it's sorted|i've sorted it|it's fine as it is|leave it as it is|leave it like that|leave everything as it is) [thanks|never mind|now]
.3 [<oh>] (call it off|call that off|call the whole thing off|take it back|take that back|back out of that|abandon that|abandon it|abort it|abort this|abort the command|abort please|halt|halt that|never you mind) [please|now|sorry]
.2 [<oh>] (no|no no|nah|nope) (thanks|thank you|leave it|it's fine|don't|cancel|forget it|wait stop|stop|stop it|cancel that|never mind|that's wrong|not that|not that one)
"""

NEVERMIND = block(_NEVERMIND, _OFF)
