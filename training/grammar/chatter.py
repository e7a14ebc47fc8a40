"""Talk that asks nothing of the house: general questions, conversation, remarks on the house, half sentences.

All of it is answered `{"intent": null}`. `<word>` stands for a choice of words, as in the tables of commands.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def lines_of(text: str, macros: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of a table, `<word>` put in."""
    rows = filter(None, (row.strip() for row in text.splitlines()))
    return tuple(re.sub(r"<(\w+)>", lambda match: f"({macros[match[1]]})", row) for row in rows)


_WORDS = {
    "what": "what is|what's|whats|tell me|do you know|can you tell me",
    "we": "i|we|they|you|the kids|my parents|he|she|{someone}|the neighbours|my sister|our guests",
    "kin": "my wife|my husband|my brother|my sister|my mother|my dad|my boss|my neighbour|my grandmother|my friend|our landlord|the plumber|the teacher|{someone}|our son|my cousin|the doctor",
    "animal": "cats|dogs|whales|bees|owls|penguins|elephants|snakes|spiders|horses|bats|frogs|sharks|ants|dolphins|camels|chickens|turtles",
    "body": "heart|brain|liver|skin|stomach|eye|ear|tooth|bone|muscle|lung|kidney",
    "thing": "lights|lamps|blinds|curtains|windows|doors|heater|thermostat|fan|vacuum|timer|speaker|tv|garage door|lock|radiator|music|shopping list|kitchen|bathroom|garden",
    "one": "light|lamp|fan|heater|timer|window|door|lock|thermostat|curtain|blind|speaker|radio|vacuum|valve|switch|garage",
    "ago": "yesterday|last night|last week|this morning|an hour ago|a year ago|in {place}|back then|when i was a child|on {day}|last summer|the other day|years ago",
    "soon": "tomorrow|next week|next year|on {day}|soon|one day|this summer|at the weekend|later today|in the spring|when we are rich|some day",
    "sport": "football|basketball|tennis|cricket|hockey|golf|rugby|baseball|chess|the marathon|volleyball|boxing|cycling",
    "job": "doctor|teacher|pilot|lawyer|chef|painter|plumber|farmer|nurse|programmer|gardener|singer|writer|dentist",
    "wow": "wow|oh|ah|hmm|well|haha|ugh|oh no|oh dear|hey|gosh|yeah|no|so|look|listen|honestly|i mean|you know",
    "meal": "breakfast|lunch|dinner|supper|dessert|a snack|brunch",
    "body_state": "tired|exhausted|hungry|thirsty|sleepy|sick|dizzy|bored|sad|lonely|happy|cheerful|grumpy|stressed|nervous|relaxed|in pain|hungover|fine|okay|a bit lost|worried|excited",
    "lang": "french|spanish|german|italian|dutch|polish|japanese|chinese|portuguese|swedish|latin|greek|arabic|turkish|russian|hindi",
}

_WORLD = """
[tell me] (who|which man|which woman) (invented|discovered|built|wrote|founded|designed|came up with|made the first|patented) (the telephone|the light bulb|the lock|the vacuum cleaner|the thermostat|electricity|the wheel|the piano|the window|the radio|{topic}|{invented})
(who|which country|which team|which city) (is|was|has) the (best|oldest|richest|biggest|fastest|tallest|smallest|most famous|happiest) [{noun}|in the world|on earth|ever|in {place}]
<what> the (longest|deepest|highest|hottest|coldest|largest|smallest|oldest|rarest) (river|lake|mountain|desert|planet|animal|city|metal|tree|country|ocean|word|bridge) [in {place}|in the world|on earth]
<what> the (capital|population|currency|national dish|flag|official language|national anthem|area code|dialling code|largest city|president|prime minister|king|climate zone) of {place}
how many (people|languages|islands|states|cities|lakes|{noun}s|<animal>|mountains) (are there|live|exist|are spoken|are) in {place}
how many (legs|eyes|hearts|teeth|wings|stomachs|brains|bones) (do|does) (a|an) (spider|cow|octopus|snail|human|bee|crab|shark|lobster|horse|butterfly) have
(why|how|when|where) do <animal> (sleep|hunt|fly|swim|migrate|sing|mate|hide|see in the dark|breathe|communicate|live|eat|dance)
(do|can|could) <animal> (fly|swim|see colours|hear|smell fear|climb trees|see in the dark|feel pain|recognise people|live in {place})
(what|how much) do <animal> (eat|drink|weigh|cost|sound like|look like|do all day)
what sound does (a|an) (cow|owl|fox|frog|dolphin|donkey|turkey|zebra|elephant) make
(what does|where is|how big is|how does) the (human|) <body> (do|work|sit|weigh|look like)
(why|how) (does|do) (my|your|a) (<body>|head|back|feet|knee|throat) (hurt|work|itch|make noises|beat|grow)
(what year|when|in which year|what century) (did|was) (the war|the wall|the titanic|the moon landing|the revolution|the first computer|the empire|{invented}) (end|start|sink|happen|fall|built|invented|begin)
(how|why) (is|are|was|were) (glass|paper|steel|cheese|beer|chocolate|soap|light|electricity|rain|snow|thunder|a rainbow|honey|leather|wine|bread|a battery) (made|formed|produced|invented|measured|stored)
(what is|explain|describe|define|what do you know about|what's so special about) (gravity|entropy|inflation|quantum mechanics|relativity|dark matter|a black hole|photosynthesis|a prime number|a mortgage|a haiku|karma|a blockchain|an adverb|osteoporosis|machine learning|the internet|a neural network|a watt|a lumen|a dimmer|a scene in a play)
(why|how come) (is|are) (the sky blue|grass green|blood red|the sea salty|snow white|the moon round|ice slippery|clouds white|flamingos pink|bananas curved|mirrors silver|leaves green|stars so far away|nights dark|days longer in summer)
what (happens|would happen|happened) (if|when) (i|you|we|everybody) (stop sleeping|eat too much sugar|mix bleach and vinegar|fall into a black hole|drink sea water|put metal in a microwave|jump off the moon|leave the fridge door open|leave a light on all day|touch a live wire|never sleep)
<what> the (difference|connection|relation|similarity) between ({topic} and {topic}|a crocodile and an alligator|jam and jelly|weather and climate|a watt and a volt|ac and dc|a blind and a shutter|a lamp and a light|heat and temperature)
(is|are|was|were) (pluto a planet|a tomato a fruit|coffee bad for you|the earth flat|{place} in europe|{place} bigger than {place}|zero an even number|glass a liquid|ghosts real|unicorns real|dinosaurs birds|led lights better than bulbs|electric cars better|heat pumps loud|smart homes safe|water wet)
(which|what) (planet|star|country|animal|element|colour|vitamin|language|ocean) (is|has|can) (closest to the sun|the hottest|the most rings|next to {place}|the loudest|the fastest|the rarest|in carrots|spoken in {place})
(how far|how long|how fast) (is|does) (the moon|the sun|mars|light|sound|{place}|a plane|a snail|the nearest star) (travel|away|take to {place}|go|from {place}|from here|from the earth)
(how old|how rich|how tall|how famous|where|how) (is|was) (the queen|the president|the pope|the king of {place}|the world's oldest person|that actor|that singer|the mayor|the author of {invented})
(what's|what is|tell me) the (chemical symbol|atomic number|formula|boiling point|melting point|density|price) (of|for) (gold|silver|iron|water|salt|helium|lead|copper|oxygen|sugar|mercury)
(what is|what's|calculate|compute|work out|solve|how much is) {number} (times|plus|minus|divided by|to the power of|squared plus|over|modulo|multiplied by) {number} [plus {number}|minus {number}|times {number}]
{number} (times|plus|minus|divided by|multiplied by) {number}
(what is|what's) (a third|a quarter|half|a tenth|{number} percent|two thirds|the square root|the cube root|the factorial|the logarithm) of {number} [hundred|thousand]
(how many|how much) (is|are) {number} (dozen|percent of {number}|kilometers in miles|pounds in kilos|dollars in euros|feet in meters|degrees fahrenheit in celsius|cups in millilitres|stone in pounds|yards in metres)
(count|can you count|count backwards|keep counting) (to {number}|from {number} to {number}|in <lang>|sheep|the stars)
(is|are) {number} (a prime number|even|odd|divisible by {number}|bigger than {number}|my lucky number|enough|too many)
(how do you|how would you|how do i|how does one|what's the word for|how can i) (say|write|pronounce|translate) ({noun}|good night|good luck|cheers|thank you|turn on the light|open the window|i am hungry|where is the kitchen|close the door please|happy birthday) in <lang>
(translate|put|say) ({noun}|{adjective} {noun}|this sentence|the lights are off|open the door|my {noun} is {adjective}|it is cold in here|good morning) (into|to|in) <lang>
(what does|what's|what is) ({invented}|{noun}|{adjective}|the word {noun}|the word light) (mean|stand for|in english|in <lang>|called in <lang>)
(spell|how do you spell|how is it spelled|can you spell) (necessary|rhythm|restaurant|{noun}|{invented}|my name|curtain|ceiling|thermostat|definitely|{adjective})
(what rhymes with|give me a synonym for|what's another word for|use in a sentence|what's the plural of|what's the past tense of|what's the opposite of) ({noun}|{verb}|{adjective}|light|orange|open|off)
(how do i|how can i|how to|what's the best way to|teach me how to|show me how to|is it hard to) (tie a tie|change a tyre|boil an egg|lose weight|learn <lang>|get rich|fall asleep|get rid of <animal>|remove a wine stain|fold a shirt|draw a {noun}|write a cv|meditate|save money|unclog a sink|bake bread|whistle|quit smoking|clean a window|descale a kettle|paint a door|wire a lamp|bleed a radiator|fix a dripping tap|hang curtains|install a dimmer|reset a thermostat)
(how long|at what temperature|how) (do i|should i|do you|must i) (cook|bake|roast|grill|boil|defrost|store|freeze|marinate|peel|steam) {food}
(give me|find me|what's|do you have|i'm looking for|tell me|read me) (a|a good|an easy|your favourite|grandma's) recipe (for|with) {food} [and {food}]
(what goes|what wine goes|what spice goes|what sauce goes) [well] with {food}
(how many calories|how much sugar|how much protein|how much salt|how much caffeine) (are|is) in ({food}|a banana|an egg|a slice of pizza|a cup of coffee|a beer)
(can|may|should) (dogs|cats|babies|vegans|pregnant women|i|hamsters) eat {food}
(what's|is there) (a|any|) (good substitute|replacement|alternative) for {food}
(who won|who is winning|who scored|who plays|what's the score|how did it end|when is the next game|who is leading) (in|at) (the|yesterday's|tonight's|the women's) (<sport>|<sport> match|league|final|cup|derby|olympics)
(did|do|will|can) (we|they|{place}|the home team|our team|the national team) (win|lose|play|score|qualify|make it) [today|last night|on {day}|against {place}|the cup]
(what's new|any news|what happened|what's going on|what's the latest|tell me the news|headlines|the headlines please) [in {place}|in the world|today|in <sport>|about {topic}]
(what's|what is|how is|how are) (the stock market|the dow|the market|bitcoin|gold|oil|the euro|the dollar|{invented} stock|tech shares) [doing|worth|trading at|at] [today|right now]
(how much does|what does|how expensive is|what would|what's the price of) (a|an) (new roof|kitchen|heat pump|smart lock|light bulb|plane ticket to {place}|robot vacuum|liter of petrol|solar panel|piano|horse|{noun}|wedding|thermostat|garage door|pizza) [cost|these days|in {place}]
(what|which) (movie|film|series|book|game|song|show) (won|is|was|has|should) (the oscar|number one|about {topic}|the longest|we see|popular right now|the most pages)
(who|which actor|which actress) (plays|played|starred|sings|sang|directed|is|was) [in|the main role in|the villain in] (that movie|this film|{invented}|the new {invented} movie|that song about {topic})
(when|what time|where) (is|does|do|are) (the shops|the pool|the museum|the post office|the library|school|the bus|the last train|the ferry|the store|mass|the parade) (open|close|leave|start|run|arrive) [today|on {day}|tomorrow]
(what time|what's the time) (is it|) in {place} [now|right now]
(is|are) (there|) (a|any) (bus|train|pharmacy|supermarket|doctor|restaurant|gas station|playground|cinema) (open|nearby|close by|running|near here|around the corner)
(what|which) (day|date|month|year|week|season) (is|was|will) (it|easter|christmas|the party|the {number}|my birthday|the exam) [be|today|tomorrow|this year|again]
how many (days|weeks|months|hours|sleeps|minutes) (until|till|since|are in|are left in) (christmas|the weekend|{day}|my birthday|a year|february|the holidays|the year|summer)
(when|what day) (does|is|did) (daylight saving time|the full moon|the new year|ramadan|mother's day|the eclipse|the solstice|the school year|the tax year) (start|end|this year|change|next)
(what should|what do|what shall|what can) (i|we|one) (cook|eat|bake|wear|read|watch|do|see|give {someone}|paint|say to {someone}) (for <meal>|today|in {place}|at the party|with the kids|when it is boring|at a wedding)
(who|what) (is|was|were) (the beatles|the romans|the vikings|sherlock|napoleon's horse|the tooth fairy|the boss of {invented}|behind {topic}|the first man on the moon)
(what|how) (do|does) (engineers|doctors|plumbers|<animal>|astronauts|teachers|kings|robots|{topic}) (do|work|eat|live|think|sleep|earn|know)
(is it|would it be|isn't it) (true|legal|possible|normal|rude|dangerous|safe|healthy|wise|expensive) (that|to) ({verb} a {noun}|eat {food} raw|sleep with the window open|leave the lights on all night|drive barefoot|live on mars|own a {noun}|charge a phone overnight|run the heater all day)
"""

_CONVERSATION = """
[<wow>] (hello|hi|hey|good morning|morning|good evening|hey there|hi there|hiya|yo|welcome back|long time no see|nice to meet you|nice to see you) [everybody|all|mate|buddy|sweetheart|honey|my dear|again|{someone}|house]
[<wow>] (good night|sleep well|sweet dreams|see you tomorrow|bye|bye bye|take care|catch you later|so long|i'm off|i'm leaving|i have to go|gotta go|we are off|have a nice day|have a good one|until next time|drive safely|safe travels) [everybody|all|honey|my dear|{someone}|then|now|kids]
[wow|oh|ah|well|haha|hey|gosh] (thanks|thank you|thank you very much|thanks a million|thanks a lot|thank you kindly|i appreciate it|much appreciated|you've been a great help|that was helpful|that helped|you saved me) [dear|house|mate|again|for everything|for that|{someone}]
[<wow>] (you're|you are|that was|this is|it's) [really|so|such|quite|just|very] (clever|smart|amazing|sweet|lovely|funny|stupid|dumb|slow|useless|annoying|awesome|wrong|terrible|a genius|an idiot|a machine|a star|my hero|kind|brilliant|creepy|boring|hilarious|cool|impressive|a liar|late)
(sorry|i'm sorry|excuse me|pardon me|i apologise|forgive me) [about that|i was late|for yelling|for the mess|for waking you|to hear that|for your loss]
(how was|how did|how's|how is) (your day|your night|the party|school|work|the exam|your weekend|the trip|the interview|the meeting|the new job|your mother|the baby|the food|it go|dinner|the movie|life|the family)
(i'm|i am|we're|you look|she is|he looks|i was|i feel|i've been) [so|very|really|a bit|not|kind of|super|pretty|always] <body_state> [today|again|this morning|after work|all the time|lately|right now]
(i'm|i am|we're) [so|very|really|a bit|kind of] (cold|freezing|hot|sweating|warm|shivering|boiling) [again|today|all the time|under this blanket|in this dress]
(my|his|her|the baby's|grandpa's) (head|back|tooth|foot|knee|stomach|arm|ear|throat|shoulder) (hurts|is killing me|aches|is sore|is itching|feels better|is swollen|is bleeding)
(i|we) (love|hate|like|adore|miss|can't stand|don't care about|prefer|am tired of|enjoy|dislike|know all about|dream of) ({topic}|{place}|{food}|mondays|my job|this song|that show|your voice|winter|the smell of {food}|candlelight|my bed|the sound of rain|dark rooms|open windows|loud music|bright lights|warm rooms|quiet evenings)
(i|we) (don't|do not|didn't|can't|won't|would never) (know|care|believe it|agree|understand|remember|think so|mind|like that|trust him|like {topic}|want to {verb} the {noun}|see the point|eat {food}|watch tv anymore|have the time)
<kin> (likes|loves|hates|sells|collects|wants|needs|forgot|broke|bought|lost|found|repaired|stole|has|made|painted|promised me|is afraid of|never uses) (a|the|his|her|my|that|our) ({noun}|{adjective} {noun}|<one>|old <one>)
<kin> (called|said hi|is coming over|is getting married|is moving to {place}|got fired|had a baby|is in hospital|was here|won't come|is on the phone|fell asleep|burned the {food}|snores|is learning <lang>|is a <job>|ran a marathon|always complains) [<ago>|again|i think|apparently]
(did|do|does|have|has|will|can|would|should) (you|they|he|she|we|<kin>) (hear|see|read|know|tell|forget|finish|pay|sign|lose|meet|eat|like|get|break|sell|need|try) (that|the news|about {someone}|the {noun}|my {noun}|it|anything|{topic}|enough sleep|the bill|the new neighbours|the <one> we bought)
(what|who|where|why|when|how) (did|do|does|will|would|should|could) (he|she|they|we|<kin>) (say|mean|go|want|do|leave|come|think|know|find out|meet|live|work|decide|get that from|pay|eat) [<ago>|then|exactly|about it|for <meal>|with the {noun}]
(he|she|they|<kin>) (said|told me|thinks|heard|wrote|claims|swears|knows|dreamed) [that] (the {noun} was {adjective}|it was {adjective}|the <thing> cost a fortune|we should {verb} the {noun}|nobody was there|the lights went out|the door was open|you like {topic}|dinner was at {number}|the kitchen needs paint)
(i think|i guess|i suppose|i bet|i wonder why|i heard|i hope|i wish|it seems|apparently|maybe|i doubt) (he likes her|they broke up|it will work|we are lost|she knows|the {noun} is {adjective}|{someone} is right|it's broken|the shops are closed|the train is late|we should talk|nobody cares|i could fly|you were here|i had a bigger kitchen|summer would come|they sold the house|it was the cat)
(let's|we should|shall we|do you want to|i'd like to|i'm going to|i have to|i want to|you should|we're about to|i can't wait to) (go out|eat|talk|have a drink|go shopping|cook together|take a walk|visit {someone}|watch a movie|order in|go to {place}|do the laundry|clean up|move to {place}|get some sleep|take a shower|do homework|wash the dishes|feed the cat|paint the bedroom|redo the kitchen|get a dog|plan the trip|call it a day|go for a run|have <meal>) [<soon>|together|first|then|now|for once]
(i|we) (went|have been|want to go|used to go|drove|moved|flew|almost went) to ({place}|the beach|the dentist|the gym|a concert|school with {someone}|the cinema|church|the lake|the mall|a wedding|work by bike) [<ago>|with {someone}|every day|together]
(i|we) (had|made|ate|cooked|ordered|burned|tried|dropped|spilled|shared|ruined) (the|some|too much|my|) {food} [for <meal>|<ago>|on the floor|at work|with {someone}]
(could|can|will|would) (you|somebody|someone) (pass|hand|bring|give|throw|lend|show) (me|us|him|her|{someone}) (the|that|your|a|my) ({noun}|salt|remote|towel|blanket|plate|pen|keys|newspaper|phone charger|screwdriver) [please|for a second]
(come|run|sit|wait|stay|look|hurry|dance|jump|crawl|move) (here|over here|inside|outside|down|up|upstairs|away|over there|with me|to bed|next to me|on the sofa|in the hallway) [please|now|kids|{someone}|for a second|right now|honey]
(don't|do not|never|stop) (touch|break|forget|eat|throw|hit|bite|drop|lose|scratch|kick|lick|climb on|run into) (that|the {noun}|your sister|your brother|the dog|the cat|my {noun}|it|the curtains|the lamp|the tv|the window|your homework)
(are|were|is|was) (you|they|he|she|we|the kids|<kin>) (serious|kidding|kidding me|okay|hungry|angry with me|ready to go|coming|married|still mad|sure about that|listening|happy|done with homework|allowed to|afraid of the dark|born in {place}|asleep yet|better today)
[<wow>] (that's|it's|it is|this is|that was|what) (a|an|such a|quite a|not a) ({adjective} {noun}|good idea|bad idea|good question|long story|shame|nice surprise|big mistake|funny name|miracle|disaster|lovely evening|waste of time|beautiful lamp|weird light|nice kitchen|noisy fan|great timer)
(once upon a time|long ago|one day|suddenly|in the end|then|meanwhile|after that|at first) (there was a {adjective} {noun}|the king lost his {noun}|a {noun} came to the door|the lights went out|{someone} opened the door and saw a {noun}|nobody dared to move|they lived happily ever after|the {noun} began to {verb}|we all laughed|she closed the window and cried|it was dark in the house)
(tonight|next|in this episode|in other news|breaking news|and now|coming up|earlier today|stay tuned|live from {place}) (the president meets|a {noun} was found in {place}|we talk to {someone}|the police found|two teams fight|the weather after the break|prices keep rising|the final of the <sport> cup|we cook {food}|a man from {place} won|after the commercial|the trial of {someone})
(call now|only today|buy one get one free|available in stores now|ask your doctor|terms and conditions apply|the new {invented}|try {invented} today|with {invented} your {noun} is clean|because you're worth it|order now and save {number} percent|now {number} percent off|up to {percent} off everything)
(freeze|drop your {noun}|put your hands up|where were you on {day} night|you have the right to remain silent|i object your honor|he's dead|we've got company|cover me|what have you done|i am your father|it's a trap|you'll never catch me|release the prisoners|he's got a {noun}|nobody move|she said yes|the bomb is in the {noun}|get in the car|follow that car|we're running out of time|don't open that door|he came through the window|kill the dragon|they cut the power)
(goal|and it's a goal|what a save|he shoots he scores|end of the first half|that was a foul|red card|{number} to {number}|it's {number} all|he passes to {someone}|{someone} takes the corner|match point|second set to {someone}|the crowd goes wild|ball is out|strike three)
(i said|he said|then she goes|so i told him|and i was like|they were like|and then he asks) (no|what|leave me alone|sell the {noun}|you must be joking|who turned the lights off|close the door|get out of my kitchen|turn that music down|we need a new heater|whatever you want|shut the window it's cold|that's not my {noun})
(yes|yeah|yep|sure|absolutely|exactly|of course|definitely|maybe|perhaps|i think so|i don't think so|probably|not really|not yet|no idea|who knows|it depends|if you like|as you wish|whatever|fine by me|why not|me too|me neither|same here|good for you|never ever|i hope so|i hope not|i doubt it|for sure|true|false) [<wow>|mate|honey|{someone}|dear]
(no|yes|yeah|well|okay) (i|we|he|she) (did|didn't|do|don't|can|can't|will|won't|was|wasn't|have|haven't) [really|yet|today|anymore|i think|honestly]
[<wow>] (what|who|where|when|why|how|which one|how much|how many|how long|whose|what for|since when|says who|why me|why now|how so|what else|where to|who else|what now|so what|then what|like what) [exactly|again|though|then|on earth]
(ouch|oops|whoops|yikes|phew|yuck|yum|ew|ahem|hooray|boo|shh|psst|tada|brr|achoo|bingo|cheers|amen|jesus|damn it|oh man|oh boy|my god|holy cow|what the heck|for heaven's sake|good grief|no way|get out|shut the front door|are you kidding me|unbelievable|seriously|give me a break|come on)
(happy|merry) (birthday|christmas|new year|easter|anniversary|holidays|{day}|halloween|valentine's day) [to you|everyone|{someone}|dad|mom|grandma]
(congratulations|good luck|get well soon|bon appetit|enjoy your meal|enjoy|have fun|break a leg|fingers crossed|welcome home|cheers|bless you|best wishes|safe trip|all the best) [{someone}|everyone|with the exam|with the {noun}|on the new job|to you both]
(do you|would you|could you|can you|did you ever) (love me|believe in god|like humans|get bored|want a body|have feelings|get paid|miss me|think about me|ever sleep|know other assistants|like living here|listen all the time|record me|learn from me|understand <lang>|speak <lang>|sing|hear my thoughts|see me|know my name|remember yesterday|like {topic}|have a favourite {noun}|want to be my friend|spy on me)
(who|what|how|where|why) (are you|made you|named you|built you|are you made of|do you run on|is your favourite {noun}|is your birthday|old are you|is your real name|do you do all day|can i ask you|are your hobbies|languages do you speak|model are you|version are you|smart are you|is your gender|do you know about me|can't you answer|don't you understand me)
(what|which) (commands|things|questions|words|devices|languages|skills|tricks) (do you|can you|can i) (know|understand|do|control|speak|use|ask|say|answer)
(you|why do you|do you) [always|never|ever|sometimes] (misunderstand me|answer so slowly|repeat yourself|make mistakes|listen to me|talk too much|wake me up|laugh|forget what i say|sound so sad|get it wrong|sleep)
(can|could|would) you (speak|talk|answer|respond|reply) (louder|slower|in <lang>|more clearly|with another voice|like a pirate|less|to my mother|more politely|faster)
(change|use|switch to|try) (your|a|another|a different|the other) (voice|language|name|accent|wake word|personality|tone|male voice|female voice)
(tell|say|give|read|write|make up|know) [me|us|the kids] (a|another|one more|some|your best) (joke|story|poem|riddle|fun fact|bedtime story|tongue twister|ghost story|compliment|quote|limerick|rap|haiku|song about {topic}|joke about {topic}|story about a {noun}|fact about {topic}|advice|pick up line|secret|knock knock joke)
(knock knock|who's there|guess who|truth or dare|heads or tails|rock paper scissors|i spy with my little eye|ready or not here i come|tag you're it|twinkle twinkle little star|eeny meeny miny moe|abracadabra|open sesame|simon says jump|marco|beam me up|may the force be with you|to be or not to be|hakuna matata|elementary my dear)
(do you want|would you like|who wants|does anyone want|can i have|could i have|there's|have) (some|a piece of|a bite of|more of the|a cup of|a slice of|another) ({food}|cake|tea|soup|pizza|my sandwich) [too|with that|or not|honey]
(the|my|our|your|that) ({noun}|{adjective} {noun}) (is|was|looks|looked|smells|feels|seems|sounds|became|stays|will be) [too|so|very|quite|rather|not] ({adjective}|expensive|delicious|wonderful|ridiculous|perfect|awful|interesting|gone|finished|mine|too big) [today|to me|now|again|as always]
(if|when|unless|before|after|although|because|while|since|until) (you|we|i|he|she|they|{someone}|the {noun}) (come|leave|call|sleep|fall|{verb} the {noun}|was young|knew that|had money|told me|go to {place}|could {verb}|died|wakes up) [<soon>|i will {verb} the {noun}|it was {adjective}|we can talk|nobody knew|i cried|everything changed]
(we|you) (need|have|ought|have got) to talk [about {topic}|about the {noun}|about {someone}|now|later|tonight]
(i'm|we're|he's|she's|they're|<kin> is) (reading|writing|watching|cooking|baking|painting|repairing|looking for|selling|cleaning|drawing|carrying|thinking about|talking about|waiting for|working on|afraid of|proud of|allergic to|in love with) (a {noun}|the {noun}|my {noun}|{someone}|{topic}|{food}|the old <one>|the {adjective} {noun})
(i'll|i will|we'll|he'll|she'll|they'll|i'm gonna) (be back|call you|be late|{verb} the {noun}|see you|think about it|let you know|be there|do it myself some day|pay you back|tell {someone}|bring {food}|fix the <one>|ask <kin>|never forget that|come too) [<soon>|i promise|for sure|at {number}]
(which|what|whose) ({noun}|colour|dress|<one>|plate|side|bus|seat) (is|do you|did you|should i|would you) (yours|like best|want|mean|take|choose|prefer|this|mine|hers)
"""

_HOUSE_TALK = """
(i|we) (like|love|hate|miss|remember|sold|bought|painted|cleaned|broke|repaired|replaced|ordered|designed|inherited|photographed|measured|admire) (the|our|my|your|their|that|those|these) [new|old|{adjective}|broken|beautiful] (<thing>|{area} lights|{room} <one>|{name}|{room} {covers}) [<ago>|so much|very much|together|ourselves]
(the|our|my|your|their) [new|old|other|{adjective}] (<one>|{name}|{room} <one>|{lamp}|{fan}) (is|was|looks|seems|has been) [really|so|too|a bit|pretty|very] (ugly|pretty|expensive|old|noisy|cheap|nice|broken again|dusty|useless|crooked|famous|a gift|from {place}|a bargain|out of fashion|my favourite|hard to clean|for sale|bigger than yours|under warranty|stylish)
(the|our|my|your) (lights|windows|curtains|blinds|doors|heaters|speakers|lamps|fans|timers|{area} lights|{room} {covers}) (are|were|look|looked|have been) [really|so|too|very|pretty] (ugly|pretty|expensive|old|cheap|nice|broken|dusty|new|beautiful|dirty|made in {place}|a gift|made of glass|energy efficient|smart now|handmade|out of fashion|hard to clean|better than yours)
<we> (turned|switched) (on|off) the ({area} lights|{name}|heating|lights|tv|music|{fan}) <ago>
<we> (opened|closed|locked|unlocked|broke|repaired|cleaned|forgot|painted|slammed|replaced) the ({room} {covers}|front door|garage door|{room} door|{room} window|gate|windows) <ago>
<we> (might|won't|used to|wanted to|tried to|never|always|meant to) (turn on|turn off|switch off|clean|repair|sell|use|replace|open|close|break) the ({area} lights|{name}|windows|blinds|heating|{room} <one>) [<soon>|at night|in winter|for hours|every day]
(he|she|<kin>|the burglar|the cat|the dog) (turned|switched|knocked|pushed|threw|put) the ({name}|lamp|tv|radio|{lamp}) (on|off|over|down|out of the window) [and left|and laughed|<ago>|with one paw|by accident]
(have you|has <kin>|did you|did <kin>) [ever] (seen|see|cleaned|clean|bought|buy|painted|paint|used|use|repaired|noticed|notice) (the|our|a|my|that) ({name}|{room} {covers}|<one>|<thing>|{area})
(who|when) (turned|switched|left|put|broke|bought|built|installed|designed|paid for|chose|painted|moved|stole) (the|our|my|that) ({area} lights|{name}|{room} {covers}|{room} <one>|<thing>)
(why|how come) (is|are|does|do|did) (the|our|my) (<one>|{name}|<thing>|{area} lights) (so expensive|blinking|flickering|always break|make that noise|smell|so ugly|so loud|use so much power|stop working|hum|click at night|look different|turn on by itself)
(how does|how do|how did|how would) (a|an|the|these) (<one>|{name}|<thing>|dimmer|smart plug|motion sensor|smart lock|doorbell|heat pump|robot vacuum|smoke alarm) (work|know when to stop|save energy|look inside|get installed|connect to the internet|end up here)
(how|where|when) (do|can|should|could|would) (i|we|you|one) (fix|repair|clean|replace|install|reset|buy|sell|mount|paint|hang|connect|recycle|oil|insulate|dismantle|rewire|update) (a|an|the|my|our|this) (<one>|{name}|broken <one>|{room} <one>|{lamp}|<thing>)
(how much|what) (did|does|would|do) (the|a|your|our|these) (<one>|{name}|<thing>|{room} {covers}|{lamp}) cost [us|you|in {place}|to run|new|to repair|second hand]
(how old|how heavy|how tall|how wide|how big|how expensive|how reliable|how safe|how popular|how ugly) (is|are|was|were) (the|our|your|these|that) (<one>|<thing>|{area}|{lamp}|{room} {covers})
(is|was) (the|your|our) ({area}|house|kitchen|garden|{name}|{lamp}|<one>) (big|expensive|new|pretty|yours|for rent|from {place}|worth it|better than ours|haunted|old|a good investment|insured|rented|made of wood)
(can|should|could|may|must) (a|the|you|we|i) (<one>|{lamp}|{name}) (explode|be repaired|be recycled|be painted|get wet|fall down|be stolen|be hacked|run on solar power|be moved|last forever)
(is|are|isn't|aren't) (a|the|these|those) (<one>|<thing>|led lights|smart locks|gas heaters|robot vacuums|blackout curtains|wooden blinds) (worth it|dangerous for kids|hard to install|any good|bad for the environment|better|allowed in {place}|expensive|noisy|made in {place})
(we|they) (are getting|ordered|saw|might buy|never had|dream of) a (new|bigger|better|second|different|smaller|modern) (kitchen|sofa|house|job|boiler|roof|bathroom|carpet|heating system|neighbour|door for the {area}|lamp for the {area}) [<soon>|one day|i think|honestly|don't you think]
(there's|there is|there was|i saw|i found|i heard) (a|an|some) ({noun}|spider|mouse|strange noise|crack|stain|draft|ghost|book|sock|wasp|leaf|puddle of {food}|letter) (in|behind|under|near|on the wall of|in front of) the ({area}|{lamp}|<one>|fridge|sofa) [<ago>|again|i think]
(the|our|my) ({area}|house|garden|apartment|bathroom|kitchen) (is|was|looks|smells|has) (a mess|lovely|a new floor|too small|freshly painted|my favourite place|a nice view|full of boxes|haunted|a fireplace|great in summer|like {food}|being renovated|a new carpet|bigger than i thought)
(we|i|they|the kids) (sat|slept|played|ate|danced|cried|waited|worked|talked|hid|met|had <meal>) in the {area} [<ago>|all night|for hours|with {someone}|for {duration}]
(let's|we should|shall we|can we|i'd like to|someone should|when will we|they want to) (paint|renovate|redecorate|tidy|measure|rent out|rebuild|insure|wallpaper|enlarge|furnish|photograph|sell|knock down|mop) (the|our|this|your) ({area}|house|garage|garden|{room}) [<soon>|together|this year|in green|for once]
(meet|see|wait for|follow|join|find) me (in|at|outside|behind|near) the ({area}|{noun}|station|front door|garden gate|garage) [<soon>|at {number}|in {duration}|please]
(dinner|breakfast|lunch|coffee|the food|the bath|the taxi|your sister|the plumber|the pizza|grandma) (is|will be|was) (ready|here|waiting|at the door|on the table|late|in the oven|getting cold|in {duration}|at {number}|in the {area})
(someone|somebody|who|the postman|the neighbour) (is knocking|rang the bell|is at the door|knocked|came by|was at the door|left a parcel|is calling)
(the|our) (power|electricity|water|internet|heating) (bill|company|meter|provider) (is|was|went|came|called) (too high|up again|yesterday|expensive|here|a shock|unpaid|late|by phone|wrong)
(lights|light|candles|lamps|windows|doors|fans|timers|thermostats|heaters|locks|vacuums|curtains) (are|were) (invented in {place}|expensive|boring|useful|older than {topic}|important|a great invention|everywhere nowadays|overrated|my passion|my job|hard to draw|made of {food})
(light|heat|music|dust|noise|darkness|silence|fresh air|rain|time) (is|was|makes me|gives me|travels|means) (beautiful|a wave|everything|happy|tired|energy|important|a headache|my life|nice|faster than you think|all around us|good for the plants)
(the|this|that) (music|song|movie|podcast|album|concert|band|show|episode|film|book) (was|is|makes me|sounds|reminds me of|is about) (awesome|boring|sad|cry|terrible|my childhood|great|{someone}|{topic}|too long|{place}|awful|a classic|dance|from {place}|my favourite)
(i|we|<kin>) (wrote|lost|found|made|forgot|have|read|checked|need|keep|left) (a|the|my|our|your) [long|old|shopping|grocery|guest|wish|{adjective}] list (at home|in the car|<ago>|of {noun}s|on the fridge|for the party|somewhere|in my pocket|every week)
(shopping|grocery shopping|cooking|cleaning|vacuuming|ironing|dusting|gardening) (is|was|takes|makes me) (boring|fun|exhausting|too expensive these days|hours|tired|my hobby|good for you|a nightmare|done by <kin>|never done)
(i|we|<kin>) (vacuumed|cleaned|mopped|swept|tidied|dusted|painted|decorated) (the|my|our) ({area}|whole house|floor|stairs|car|{room}) <ago>
(the|our|my|that|this) (vacuum|robot|roomba|{vacuum}) (is|was|looks|has been|got) (stuck again|so cute|dirty|full|broken|a great buy|eating my socks|expensive|lost under the sofa|scaring the cat|loud|my best friend|afraid of stairs|too slow|useless on carpets)
(the|my|a|that|your) [{timer}] timer (is a useful thing|woke me up|is too loud|was made in {place}|never works|looks like an egg|was a gift|rang <ago>|scared me|cost {number} dollars|broke|was wrong|annoys me|went off too early <ago>)
(i|we|<kin>) (set|started|cancelled|forgot|heard|ignored|missed|needed) (a|the|my) [{timer}] timer (<ago>|once|while cooking|and fell asleep|for the exam|twice|every day)
(i|we|<kin>) (had|kept|used to keep|set|found) the (heating|thermostat|heater|air conditioning|{area}) (at {temperature}|on all night|off all summer|too high|in the cellar|at {degrees}) <ago>
(in|during|last) (winter|summer|the night|autumn|spring|year) (it gets cold in the {area}|we keep the windows open|the {area} was always {adjective}|we never use the {name}|the heating is expensive|we sleep in the {area}|nobody opened the {room} {covers}|the lights went out)
(what's|what is|what was|who is|who was) (in|behind|under|on|inside|hidden in|painted on) (the|that|this) ({area}|{lamp}|box|fridge|heater|window|curtain|speaker|drawer|bag|oven|basement) [again|there|today]
(a|the|one|every|another) {adjective} (<one>|lamp|kitchen|garden|house|light|door|timer) (for everyone|of my own|in {place}|and a {adjective} {noun}|in the dark|would be nice|makes a {adjective} home|at the end of the tunnel)
(light|lights|door|window|lock|fan|timer|volume|thermostat|vacuum|list|scene|switch) (is a|means|rhymes with|is spelled|comes from|costs|is my) (noun|nothing to me|{noun}|wrong|latin|{number} dollars|favourite word|funny word|verb too)
"""

_HALVES = """
(turn|switch|put|shut) (on|off)
(turn|switch|put|shut|flip) (on|off) (the|my|all the|in the|that|every|some)
(turn|switch|put|set|change|make|get|bring|take) (the|my|a|all the|up the|down the|up|down|it|that|this|some)
(open|close|lock|unlock|shut|raise|lower|dim|start|stop the|pause the|play the|skip the|add|increase|decrease|cancel the|set|set a|set the) (the|a|my|um|uh|to the|to)
(set|change|put|turn|adjust|dim) the ({area} lights|{name}|{room} {covers}|thermostat|volume|temperature|heating|brightness|lights|{lamp}) (to|at|to about|to um|to the|in)
(set|start|make|create|give me) a (timer for|timer called|countdown for|timer of|reminder to|new)
(add|put|write) (to|on|onto) (my|the|our) (shopping list|list|grocery list)
(can you|could you|would you|please|will you|i want to|i want you to|i need you to|i would like|i'd like to|is it|is the|are the|where is the|how do i|why is the|tell me|tell me the|show me the|what is the|what's the|who is the|how many|how much is the|when is the|what about the|and the|did you|do you|hey can you|i need|let's|maybe you could) [um|uh|please|well|just]
(the|a|an|my|our|your|this|that|and|or|but|of|in|on|off|to|for|from|with|at|by|up|down|so|then|there|here|it|is|are|was|he|she|they|we|you|i|me|him|her|if|because|also|too|very|just|only|still|again|please|hey|okay|ok|uh|um|hmm|mhm|er|eh|huh|oh|ah) [the|a|um|and|uh|so|of|it|is]
(in the|on the|to the|from the|at the|under the|behind the|for the|with the|without the|near the|and the|or the|but the|not the|all the|only the) ({area}|{noun}|{room}|{name}|lights|{adjective} {noun}|door)
(and|or|but|so|because|then|also|with|without|between|about|except) [the|a|my] ({noun}|{adjective} {noun}|{area}|{someone}|{topic}|{food} and {food}|lights and)
(is|are|was|were) (the|my|our|all|any|there|it) [{area}|{noun}|lights|{name}]
(i|we|he|she|they|you) (want|need|was|were|think|thought|said|had|have|would|could|will|am|just|really|always|mean|went to the|put the|left the|opened the)
(uh|um|er|hm|well|so) (what was it|how was that again|the thing|i mean the|where was i|you know|what's it called|let me think|one second|what did i want|i forgot what i wanted|the other one|that thing in the {area})
{number} [{number}|{number} {number}|and {number}|or {number}|point]
(a|b|c|d|e|f|g|h|k|m|n|p|r|s|t|x|y|z) [a|b|c|d|e|g|j|l|o|q|u|v|w] [a|c|e|f|i|n|s|t|z]
(a b c|a b c d e f g|x y z|a as in apple|b as in bravo|c for charlie|l i g h t|o n|o f f|d o o r|h o m e|w w w dot {invented} dot com|{invented} at {invented} dot com|at sign|dot com|hash tag {noun}|question mark|comma|full stop|new line|backspace|enter|one two one two|test test|testing|testing one two three|mic check|check check|is this thing on)
(la la la|na na na|blah blah blah|ha ha ha|ho ho ho|tra la la|bla bla|ding dong|tick tock|woof woof|meow|moo|beep beep|knock knock knock|tut tut|ta ta|hip hip hooray|zzz|shh|mmm|bzzz|boom|bang|doo be doo|oh la la|yada yada|one potato two potato)
{invented} [{invented}|{noun}|the {invented}|{verb} {invented}|is {invented}|and {invented}]
(the|some|my|a) {invented} [of {invented}|{noun}|in {place}|{verb} the {noun}|was {adjective}]
{adjective} {adjective} {noun}
{noun} {noun}
{noun} (and|or|of|in the|on a|without) {noun}
{adjective} (and|but|or|not) {adjective}
{someone} (and|or|with|from|is|was|has|said|the) ({someone}|{place}|{adjective}|um|a {noun}|{noun})
{topic} (and|or|versus|in|for|without) ({topic}|{place}|{someone}|beginners|dummies|kids)
{place} [{place}|in {number}|and {place}|is {adjective}|next {day}]
({day}|monday morning|friday night|tomorrow|yesterday|tonight|next week|noon|midnight|half past {number}|quarter to {number}|{number} o'clock|at {number}|around {number}|in the evening|last year|not until {day}|every {day})
(left|right|north|south|east|west|up|down|forward|backward|here|there|inside|everywhere|nowhere|somewhere) [and {noun}|or right|{number} steps|of {place}|a bit]
(red|green|blue|black|white|yellow|pink|purple) (and|or|is|was|as|like) (green|blue|black|nice|{noun}|a {noun}|my favourite color|{adjective})
{food} (and|or|with|without|is|was|for) ({food}|{adjective}|delicious|<meal>|healthy|my favourite|too expensive|on toast)
(what|that|this|it) {verb} (the|a|my) {noun} (is|was|of|and) [{adjective}|the]
"""

WORLD = lines_of(_WORLD, _WORDS)
CONVERSATION = lines_of(_CONVERSATION, _WORDS)
HOUSE_TALK = lines_of(_HOUSE_TALK, _WORDS)
HALVES = lines_of(_HALVES, _WORDS)
