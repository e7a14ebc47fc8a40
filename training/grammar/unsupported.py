"""Wishes that are none of the intents, and near misses of those that are: all `{"intent": null}`.

Requests to other machines of this world (calls, calendars, alarms), and commands that the house does not take:
later, for a time, under a condition, two at once, by how much it is not said. Nothing here may be a command by
`training/ANSWERS.md`.
"""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .chatter import lines_of

_WORDS = {
    "pls": "please|can you|could you|will you|would you|i want you to|i need you to|can you please|could you please|hey|okay|let's|just|i'd like you to|go and|do me a favor and|would you please|quickly",
    "deed": "turn on the {area} lights|turn off the {area} lights|turn the {area} lights off|switch on the {name}|turn off the {name}|turn the {name} on|switch the {fan} on|turn on the {lamp}|turn off all the lights|turn the lights on|open the {room} {covers}|close the {covers}|open the garage door|close the garage|lock the front door|lock the doors|unlock the {own_door}|set the heating to {temperature}|set the {area} to {degrees}|dim the {area} lights to {percent}|set the {covers} to {percent}|start the vacuum|vacuum the {room}|send the vacuum home|pause the music|set the volume to {percent}|make the {area} lights {color}|close the {valve}|turn off the tv|turn on the fan|shut the windows",
    "did": "turned on the {area} lights|turned off the {name}|opened the {room} {covers}|closed the garage door|locked the doors|set the heating to {temperature}|vacuumed the {room}|paused the music|started a timer for {duration}|added {item} to the list|dimmed the lights to {percent}|unlocked the front door",
    "doing": "turning on the {area} lights|switching off the {name}|opening the {room} {covers}|closing the garage|locking the doors|setting the heating to {temperature}|vacuuming the {room}|starting a timer|dimming the lights",
    "when": "at {number}|at {number} o'clock|at {number} am|at {number} pm|at half past {number}|in {duration}|after {duration}|tomorrow|tomorrow morning|tomorrow at {number}|tonight at {number}|on {day}|every day|every evening|every morning at {number}|each night|at midnight|at sunset|at sunrise|at dawn|when it gets dark|on weekdays|on weekends|next week|when i leave|when i get home|when {someone} comes home|once everybody is asleep|as soon as we leave|if it rains|if it gets cold|if nobody is home|when the sun goes down|when the timer ends|when the movie starts|after dinner|before sunrise|{duration} from now|later today|whenever somebody opens the door|unless someone is home|if the window is open|when the doorbell rings|when my alarm goes off",
    "long": "for {duration}|for an hour|for {number} hours|for the next {duration}|until {number}|until midnight|until i get home|until tomorrow|until {day}|until {someone} comes back|for five minutes|from {number} to {number}|and off again after {duration}|all night until six|only until sunset|every {duration}|till the movie is over",
    "bit": "a bit|a little|a little bit|a touch|a tad|slightly|some more|a notch|a smidge|one step|a hair|somewhat|way|a lot",
    "more": "brighter|dimmer|darker|less bright|more intense|softer|stronger",
    "warmer": "warmer|cooler|colder|hotter|cosier|less cold|less hot|more comfortable",
    "louder": "louder|quieter|softer|less loud|more silent",
    "who": "my mom|mom|dad|my wife|my husband|{someone}|my boss|the office|the doctor|the school|my sister|grandma|the neighbours|the landlord|everyone|my brother|the babysitter",
    "deeds": "call {someone}|feed the cat|take the pills|water the plants|pay the rent|pick up the kids|check the oven|turn off the oven|take out the trash|lock the door|close the windows|{verb} the {noun}|hang up the laundry|drink more water|leave for work|go to bed|book the flight|charge my phone|email {someone}|defrost the chicken|stretch my legs|let the dog out|bring the {noun}|walk the dog|sign the form|answer {someone}",
    "genre": "jazz|rock|classical music|hip hop|country|techno|reggae|metal|opera|blues|folk music|soul|disco|some piano|christmas songs|salsa|ambient music|white noise|rain sounds|whale songs|nursery rhymes|relaxing music|party music|dinner music|workout music|hits of the eighties|love songs",
    "app": "netflix|youtube|spotify|the browser|the camera|the calculator|the map|my mail|the settings|the calendar|the gallery|the notes|my files|the web page|the app store|the photos|the {invented} app|amazon|google|whatsapp",
    "meal": "breakfast|lunch|dinner|a coffee|a cup of tea|a sandwich|a hot chocolate|an espresso|a cappuccino|pancakes|a smoothie|some toast|popcorn|a cocktail|soup",
}

_RELATIVE = """
[<pls>] (turn|switch|shut) (everything|every single thing|the whole house|all devices|all appliances) (on|off) [please|now|in [the] {area}]
[<pls>] (turn|switch|shut) (on|off) (everything|every single thing|the whole house|all devices|all appliances) [please|now|in [the] {area}]
[<pls>] (set|put|turn|change) (the {area} fan|the {fan}|the fan|the fan in [the] {area}) to ({percent}|speed {number}|low|medium|high|the next speed|medium speed|full speed)
[<pls>] (run|spin|speed up|slow down) (the {area} fan|the {fan}|the fan) [a bit|faster|slower|at {percent}|on high|on low]
[<pls>] (make|turn|get|set|put) the ({area} lights|lights|{lamp}|{room} light|lights in [the] {area}|light) <bit> <more> [please|in here]
[<pls>] (make|turn) the (lights|{room} light|{lamp}) <more>
[<pls>] (turn|take) the ({area} lights|lights|{lamp}|brightness) (up|down) [<bit>|please|again|in here|a couple of percent]
[<pls>] (increase|decrease|raise|lower|reduce|boost) the (brightness|light level|intensity) [<bit>|in [the] {area}|of the {lamp}|please]
[<pls>] (dim|brighten) the ({area} lights|{lamp}|lights in [the] {area}|lights) <bit>
(brighter|dimmer|darker|lighter|not so bright|less light|a bit brighter|a little dimmer|even brighter|brightness up|brightness down|dim it|dimmer please)
[the] ({area} lights|lights|{lamp}|brightness) (brighter|dimmer|up|down|up a bit|down a bit|a bit lower)
[<pls>] (make|get) it <bit> <warmer> [in here|in [the] {area}|{floor}|inside]
[<pls>] (make|get|keep) (it|the {area}|the house|the bedroom) <warmer>
[<pls>] (turn|bring|crank) the (heat|heating|thermostat|temperature|ac|air conditioning|heater|{heater}) (up|down) [<bit>|in [the] {area}|please|a few degrees|two degrees|some]
[<pls>] (turn up|turn down|raise|lower|increase|decrease|reduce) the (heat|heating|thermostat|temperature|ac|{room} heating) [<bit>|by {number} degrees|by a degree|a couple of degrees|please]
[<pls>] (warm up|heat up|cool down|heat|cool|warm) the ({area}|house|place|{room}) [<bit>|please|for me]
(warmer|cooler|colder|more heat|less heat|not so warm|a bit warmer|a little cooler|heat up|heat down|temperature up|temperature down|{number} degrees warmer|two degrees cooler|one degree more)
[<pls>] (turn|put|bring) (it|that|this|the music|the tv|the sound|the volume|the {player}) (up|down) [<bit>|please|again|in [the] {area}|so i can hear]
[<pls>] (turn up|turn down|crank up|raise|lower|increase|reduce) (the music|the volume|the sound|the {player}|it|the bass|the treble) [<bit>|please|by a notch|in [the] {area}]
[<pls>] make (it|the music|the {player}|the tv|the sound) [<bit>] <louder>
(volume up|volume down|louder|quieter|softer|a bit quieter|not so loud|more volume|less volume|more bass|less bass|sound up|sound down|too quiet|pump it up|way too loud|i can't hear the tv)
[<pls>] (mute|unmute|silence) (the {player}|the tv|the music|it|yourself|the sound|all speakers|the microphone|the {area}|notifications|the doorbell|my phone)
(mute|unmute|sound off please|no sound|silence|mute please)
[<pls>] (open|close|raise|lower|pull down|roll up|shut|lift) the ({room} {covers}|{covers}|{cover}|{room} window|garage door|{own_cover}) (<bit>|a crack|partly|partially|an inch|not all the way|some of the way|just a bit further|a little more)
[<pls>] (speed up|slow down) the ({fan}|fan|{room} fan) [<bit>|please]
[<pls>] (set|turn|put) the ({fan}|fan|{room} fan) (to speed {number}|to high|to low|faster|slower|to medium|to level {number}|a notch higher|to turbo|to oscillate|in reverse)
[<pls>] (tilt|rotate|turn|angle) the (blinds|slats|{room} blinds|camera|tv) [<bit>|up|down|to the left|towards me]
"""

_LATER = """
[<pls>] <deed> <when>
[<pls>] <deed> <long>
<when> [<pls>] <deed>
(if|when|as soon as|once|whenever|in case) ({someone} comes home|i leave the house|it gets dark|the sun sets|it is raining|nobody is in the {area}|the temperature drops below {number}|the door opens|the {machine} is done|i say good night|the alarm rings|motion is detected in the {area}|i fall asleep|the power is back|it's {number} o'clock|the baby cries|the battery is low) [then|please] <deed>
(don't|do not|never|please don't) <deed> [yet|again|today|anymore|without asking me|when i'm asleep|if someone is home]
[<pls>] <deed> (and|and then|then|and also|but first|after you) <deed>
[<pls>] <deed> and (set a timer for {duration}|add {item} to the shopping list|play <genre>|call <who>|tell me the weather|tell me a joke|order a pizza|wake me at {number}|what's the weather|remind me to <deeds>|read me the news)
[<pls>] (set a timer for {duration}|add {item} to the shopping list|call <who>|tell me a joke|what's the weather) and [then|also] <deed>
set a timer for {duration} and add {item} to the (list|shopping list)
[<pls>] (schedule|plan|program|automate) (the {area} lights|the {name}|the heating|the vacuum|the {room} {covers}) [<when>|to turn on at {number}|to go off at sunset|for the holidays|for {day}]
(i want|i need|i'd like) (the {area} lights|the {name}|the lights|the heating|the {fan}) (on|off) (<when>|<long>)
(the {area} lights|the lights|the {name}|the {fan}) (should|must|have to|need to) (go|be) (on|off) (<when>|<long>)
(start|set) a timer (for {duration} at {number}|tomorrow|at noon|every day|when the pasta boils|that turns off the {name}|when i leave)
[<pls>] (turn|switch) (on|off) (all|all the|every) (lights|light|lamps) (except|but|apart from|other than|besides) (the {area} lights|in the {area}|the {lamp}|mine|one|{someone}'s room)
<who> (just|already|finally|never|always|once) <did> [for me|again|by mistake|because of me]
(i|we|they|he|she|you) <did> (yesterday|last night|this morning|an hour ago|on {day}|already|by mistake|and went to bed|last week)
(why|when|how) (did|would) (you|he|she|they|<who>) <deed>
(who|why have you|when have you|how often have you|i think someone|i dreamed that you) <did>
(are you|is it|was he|is <who>|stop pretending to be|i was just|i'm thinking about|i was against|i hate) <doing>
(how|how often|how much does it cost|how hard is it|is it bad|is it safe|what happens if i forget|do people still like|is there an app) to <deed>
(i forgot how|nobody told me|he refused|she promised me|i asked {someone}|we used|i would love to learn how|it is impossible|i was told|remember when i had) to <deed>
what (happens|would happen|will you do) if (i|we|someone|you) <deed>
(should|may|must) (he|she|they|<who>) <deed> [at night|in winter|every time|or not|today]
(toggle|flip|blink|flash|strobe|pulse|fade|cycle) the ({area} lights|lights|{lamp}|colors of the {lamp}) [please|three times|slowly|like a disco|when the phone rings]
"""

_OTHER = """
[<pls>] (call|phone|ring|dial|facetime|video call|call back) (<who>|the police|an ambulance|the fire department|a taxi|the pizza place|{number} {number} {number}|my voicemail) [please|back|on speaker|now|at work]
[<pls>] (text|message|email|write to|send a message to|send an email to|answer) <who> [that i'm late|about {topic}|and say hi|that dinner is ready|that i forgot the {noun}|i'm on my way|happy birthday|to bring {food}|where are you|see you at {number}]
[<pls>] (tell|ask|inform|let) <who> (i'm late|know that i'm home|to come to dinner|to come downstairs|what time it is|where the {noun} is|to {verb} the {noun}|that i love you|to bring {food}|about {topic}|to turn off the lights|to close the window|to be quiet)
[<pls>] (hang up|answer the phone|take the call|pick up the phone|redial|decline the call|put it on speaker|forward my calls|check my voicemail|who called me|end the call|who just called)
[<pls>] (read|check|show|open|delete|archive) [me] (my|the|all|any|his) (new|last|unread|) (messages|emails|texts|notifications|mail|voicemails|letters) [from {someone}|from today|please]
[<pls>] (remind me|remind {someone}|don't let me forget|remind us) to <deeds> [<when>]
[<pls>] remind me (at {number}|tomorrow|at half past {number}|on {day}|tonight|this evening|next week|when i get home|every morning) [to <deeds>|about the {noun}|please]
[<pls>] (set|create|make|add|schedule) a reminder (to <deeds>|for {day}|for tomorrow|at {number}|for {number} pm|about {topic}|for my appointment|for the meeting) [<when>]
[<pls>] (set|make|create|give me|schedule) (an alarm|a wake up call|an alarm clock|a morning alarm) [for {number}|at {number} thirty|for tomorrow|for {day} morning|for six am|in the morning|every weekday|for my flight]
[<pls>] (wake me|wake me up|get me up|wake us) (at {number}|at half past {number}|tomorrow|at sunrise|early|on {day} at {number}|before {number}|gently|with <genre>|at quarter to {number})
[<pls>] (snooze|cancel my alarm|delete the alarm|change my alarm|move the alarm|what alarms do i have|is my alarm set|when is my alarm|snooze for {duration}|skip tomorrow's alarm) [for tomorrow|to {number}|please]
(what's|what is|what do i have|is there anything|show me what's) (on my calendar|on my agenda|on my schedule|planned|on my to do list|in my diary) [today|tomorrow|on {day}|this week|at {number}]
[<pls>] (add|put|create|move|cancel|schedule|book|reschedule) (a meeting|an appointment|an event|lunch|my appointment|the meeting|a call|the dentist) [with {someone}|to my calendar|on {day}|at {number}|for tomorrow|to next week]
(when|where|what time) (is|are) (my next|the next|my|our) (meeting|appointment|flight|class|holiday|shift|interview|doctor's visit|train)
[<pls>] (take|make|write|record|start|read|dictate) (a note|a voice memo|a memo|my notes|a to do list|a diary entry|a letter to {someone}|a poem about {topic}) [please|for me|that says {noun}]
[<pls>] (play|put on|start playing|i want to hear|let me hear|queue|listen to|stream) [some|a bit of|my] <genre> [in [the] {area}|on the {player}|for the baby|please|from {place}|at {percent}]
[<pls>] (play|put on|queue|find|stream) ({invented} by {invented}|the song {invented}|the album {invented}|something by {invented}|songs about {topic}|my {adjective} playlist|{someone}'s playlist|a song from {place}|the latest {invented} episode|the soundtrack of {invented}|my favourite song|something {adjective}|that song about the {noun}|the radio station {invented}|bbc radio|the news|a podcast about {topic}|an audiobook|a movie with {invented}|cartoons|the game) [in [the] {area}|on the {player}|please|for the kids]
(what|which|who) (song|artist|album|band|movie|is this|sings this|is singing|wrote this song|is playing|radio station is this|year is this song from) [right now|here]
[<pls>] (shuffle|repeat|loop|like|dislike|rate|download|share|save|add to favourites|fast forward|rewind) (this song|my playlist|the album|the queue|the music|{duration}|this episode|the whole thing|to the chorus|the last minute)
[<pls>] (change|switch) (the channel|channels|the station|the tv channel|to channel {number}|the input|to hdmi {number}|the tv to hdmi {number}|to the sports channel|the tv to <app>|the subtitles|the radio to {invented})
[<pls>] (open|close|go to|install|show me|log in to) <app> [on the {player}|on my phone|please|and search for {topic}]
[<pls>] (cast|record|watch|show|screen share|mirror) (my phone|the game|the show at {number}|the {invented} movie|my holiday pictures|the baby camera|the front door camera|the garage camera|a documentary|the film about {topic}) [on the tv|to the {player}|tonight|in [the] {area}]
[<pls>] (order|book|reserve) (me|us) (a pizza|a taxi|sushi|some flowers for {someone}|a table for {number}|a flight to {place}|tickets for the game|a hotel in {place}|a ride home|a cab to {place}|a train to {place}) [<when>|please]
[<pls>] (track my package|where is my parcel|where is my order|return my order|reorder my last order|pay the bill|check my balance|transfer {number} dollars to {someone}|how much money do i have|cancel my subscription|pay {someone} {number} dollars|what did i spend on {food})
[<pls>] (make|brew|cook|prepare|fix|bring|serve) (me|us) <meal> [please|with {food}|quickly|in bed|for {number}]
[<pls>] (cook|bake|fry|grill|boil|toast|peel|chop|slice|reheat|defrost|wash|dry) (the|some|my|our) ({food}|pizza|dishes|laundry|bread|soup) [for {duration}|please|in the oven|on low heat|tonight]
[<pls>] (set|switch|put) the (oven|washing machine|dishwasher|dryer|microwave|washer|air fryer) to (grill|convection|delicates|eco|a quick wash|cotton|rinse and spin|wool|the pizza program|preheat|program {number})
[<pls>] (water|mow|feed|walk|brush|bathe|wash|iron|fold|clean out|pick up|weed|shovel|rake|trim) (the plants|the lawn|the dog|the cat|the fish|the laundry|the driveway|the leaves|my shirt|the litter box|the hedge|the kids from school|the roses)
[<pls>] (navigate|drive|take me|directions|show me the way|how do i get|guide me) to ({place}|the airport|the nearest hospital|work|{someone}'s house|the beach|downtown|the station) [by bike|avoiding tolls|please|by bus]
(how long|how far|how much time) (does it take|is the drive|is the walk|do i need|is it) to ({place}|work|the airport|{someone}'s house|the station) [by car|with traffic|today]
(where is|where's|where are|where did i put|i can't find|help me find|have you seen|find|who took|where did you hide|i lost) (my|the|our) (phone|keys|car keys|wallet|glasses|remote|cat|dog|passport|umbrella|socks|tablet|headphones|bag|shoes|charger|hamster|book|purse|jacket|scissors|bike|ring|other shoe|hearing aid)
[<pls>] (ring|make a sound on|locate|ping) (my phone|my keys|my tablet|the remote|my watch)
[<pls>] (google|search for|look up|search the web for|find out about|find pictures of|wikipedia|show me a picture of) ({topic}|{invented}|a {noun}|{place}|{adjective} {noun}s|the best {noun}|how to {verb} a {noun})
[<pls>] (take|show|send|delete|print|scan|share) [me|us] (a picture|a photo|a selfie|my photos|the pictures from {place}|a screenshot|this document|the camera picture|a video of the {noun}) [please|to {someone}|from last year]
[<pls>] (announce|broadcast|say|tell everyone|shout|make an announcement) (that dinner is ready|dinner time|it's bedtime|we are leaving|good morning|i'm home|that the taxi is here|movie night starts) [in [the] {area}|{floor}|everywhere|please]
[<pls>] (arm|disarm|silence|reset) the (alarm system|security system|house|burglar alarm|home alarm|smoke alarm|alarm) [in home mode|with code {number} {number}|stay|away|for the night]
(the|my|our|what is the|change the|tell me the|i forgot the) (code|pin|password|alarm code|door code|wifi password|security code|lock code) [is {number} {number} {number} {number}|please|for the {own_door}|of the safe|again]
(let's play|play|i want to play|can we play) (a game|chess|trivia|hangman|twenty questions|a quiz|hide and seek|tic tac toe|truth or dare|a word game|the memory game|animal sounds) [with me|please|with the kids]
[<pls>] (roll|flip|toss|throw|pick|draw|choose|generate|guess) (a coin|a die|two dice|a card|a number|a random number|a number between {number} and {number}|a name|a colour|a password|one of us)
[<pls>] (sing|dance|whistle|rap|beatbox|bark|meow|laugh|moo|count sheep|tell jokes|burp|cry|sneeze|pray|meditate with me|scare the cat|entertain the kids|entertain me|surprise me|inspire me|motivate me|cheer me up|teach me something|wish me luck|talk to me|keep me company|hug me|kiss me|marry me)
"""

_HOUSEKEEPING = """
(what's|what is|read me what's|tell me what's|how much is|what else is|is there anything|is {item}) on (my|the|our) (shopping list|grocery list|list) [today|already|right now]
[<pls>] (read|read out|show|print|email|send|share|open|sort|check|text me|look at) (my|the|our) (shopping list|grocery list|groceries list|list) [to me|to {someone}|please|out loud]
[<pls>] (remove|delete|take|cross|scratch|strike|drop|erase|check|tick) {item} (off|from|off of) (my|the|our) (shopping list|grocery list|list)
[<pls>] (clear|empty|delete|erase|wipe|reset|start) (my|the|our|a new) (shopping list|grocery list|list of groceries) [please|completely|now]
(do i have|did i put|did we add|is|did you add|have we got) {item} (on the list|to the list|on my shopping list|on the shopping list) [already|yet]
[<pls>] (change|replace|swap) {item} (to|with|for|by) {item} on the (list|shopping list)
[<pls>] (add|put|write) (a task|{someone}|a new contact|call the bank|do homework|clean the garage|my birthday|a wish|the meeting|a chore) (to|on) (my to do list|my tasks|my contacts|the guest list|the wish list|my bucket list|the calendar|the watch list|the to do list)
[<pls>] (create|make|build|set up|add|write|edit|delete|program|save) (a|a new|an|the|my|another) (scene|automation|routine|script|schedule|rule|shortcut) [called {scene}|for the {area}|that turns on the {name}|for movie night|for when i leave|with these lights|named {invented}]
[<pls>] (save|store|remember) (this|these settings|the current lights|the colors) as (a scene|{scene}|my favourite|a scene called {scene}|the default)
(which|what|how many) (scenes|scripts|automations|routines|devices|rooms|lights|lamps|speakers|blinds|sensors) (do i have|do we have|are there|exist|can you control|do you know|are set up) [in [the] {area}|here]
[<pls>] (rename|call|relabel) the ({name}|{room} light|{fan}|{lamp}|{area}) (to|as) {invented} [lamp|light|please]
[<pls>] (pair|connect|set up|discover|install|register|unpair|delete|reset|reboot|calibrate|configure|update|find) (a new|the new|my new|another|a) (device|lamp|bulb|speaker|sensor|lock|hub|camera|plug|thermostat) [in [the] {area}|to the network|to bluetooth|please]
[<pls>] (move|assign|copy|group|link) the ({name}|{lamp}|{room} light) (to|with|into) (the {area}|another room|the {lamp}|a group|the guest account)
[<pls>] (restart|reboot|update|reset|back up|upgrade) (home assistant|yourself|the system|the hub|the server software|the app|the firmware|your software|the bridge|all devices)
[<pls>] (add|create|delete|switch|change) (a user|an account|my account|a profile|the admin password|a guest user|the user to {someone}|my profile|a zone|a room called {invented}|an area)
(what|when|how often|how long) (was|were|did|has|had) (the {area} lights|the {name}|the heating|the {room} {covers}|the {machine}) (on yesterday|last used|last opened|on for|been off|last cleaned|run last week|on last night|first installed|open this week)
(who|what|why) (was|has been) (at the door|in the {area} yesterday|home last night|here on {day}|here at {number}|using the {machine}|in my room this morning)
(when|what time) (did|does|will|is) ({someone}|<who>) (come home|get back|leave|leave work|arrive|land|wake up|go to bed|be home|coming home)
(what|how) (is|was|are) {someone} (doing|eating|wearing|thinking about|feeling|watching|up to|drawing|called at school|like) [right now|today]
(why|how|since when) (is|are) ({someone}|the kids|<who>) (at work|not home|at school|still out|always late|at home today|away so often|in the {area})
(is|was|are) ({someone}|<who>|the kids) (sleeping|awake|asleep|hungry|angry with me|mad|sick|in a good mood|free on {day}|my friend|right|drunk|a vegetarian|on the phone|watching tv)
(how many|what) (people|guests|books|socks|chairs|rooms|cats|steps|plates|{noun}s) (are|do we have|fit|were) (in the {area}|in the house yesterday|at the party|on the sofa|in that box)
(what colour|what kind|what brand|what shape|what size) (is|are|of) (the {area} walls|the {name}|the {room} {covers}|the {lamp}|bulb is in the {lamp}|my eyes|the front door|vacuum do we have)
(what will|what would|how will) (the {area} temperature|the electricity bill|the battery|my phone battery|the heating bill) (be|cost) (tomorrow|next month|in winter|next year|after {duration})
(what was|how high was|how was|what had been) the (temperature in the {area}|humidity|power usage|battery|volume|thermostat) (yesterday|last night|last week|a year ago|on {day}|before) [at {number}]
(is|are) the ({area} lights|{name}|{room} {covers}|heating|{fan}) (too old|prettier|on sale|yours|compatible with <app>|from {place}|nice|better than mine|popular|a good choice|child proof|waterproof)
(how much|how long) (time|sleep|money|patience|food|love|work|homework) (do you|does {someone}|did you|should a {noun}) (have|need|get|spend) [every day|for the {noun}|on {topic}]
[<pls>] (extend|shorten|change|move|rename|repeat|set) (my|the) (lease|meeting|trip|deadline|visit|holiday|stay|appointment) by ({duration}|{number} days|a week)
[<pls>] (set|change|adjust|turn|put|move) the (clock|watch|time|time zone|date|language|oven clock|calendar|ringtone|wallpaper|screen brightness of my phone|password|background) (to {number}|back|forward an hour|to {place} time|to <app>|to something nice|to {noun})
[<pls>] (lock|unlock|open|close) (my computer|my phone|my account|the file|the book|your eyes|your mouth|the meeting|the bank account|the discussion|the jar|the tab|all tabs|my heart|the letter|your books at page {number}|a bank account|the restaurant)
[<pls>] (turn|switch) (the page|around|to page {number}|left at the lights|the steak over|sides|seats with me|jobs|back time|the pancake|your head|a blind eye|into a frog|the other cheek|{number} next week|the car around|places)
(turned|switched|opened|closed|locked|dimmed|paused|started|cancelled) [the] ({area} lights|{name}|windows|doors|timer|music|{room} {covers}) [again|<did>|by {someone}|and then|all day]
[<pls>] (cancel|pause|continue|skip|end) (a fight|the car payments|the trip to {place}|the project|crying|my membership|the newspaper|the discussion|school today|smoking|dating|the meeting|your story|work today|telling lies|dreaming|the wedding|the war)
[<pls>] (clean|wipe|polish) (the table|the windows|my shoes|the car|the board|the mirror|the fridge|the screen|my glasses|the cat hair off my coat|the dishes|up this mess {someone}|behind your ears)
[<pls>] (raise|lower|drop|lift|draw|pull|push|roll) (your hand|your voice|the kids well|a picture of a {noun}|a cat|the anchor|a conclusion|my taxes|the flag|the rent|the ball|your sleeves|the price|the bar|the dough out|my finger|the cart)
[<pls>] (light|set|put|blow out|lay|throw|hang) (a candle|the candles|a fire|the table|the table for {number}|the {noun} away|a picture on the wall in the {area}|the coats away|another log on the fire|the {noun} on the {noun}|the phone away|the cigarette|some flowers in the {area}|the baby to bed)
(add|subtract|multiply|divide|sum up|take) {number} (and|to|by|from|with|minus) {number} [and {number}|please|again]
(add|put|mix|stir|pour|sprinkle) [some|a pinch of|more|{number} grams of] {food} (into the bowl|to the sauce|to the dough|in the pan|on the pizza|into the glass|to the soup|in the oven|on your plate|in the fridge)
(do you|can you|could you|are you able to|is it possible to|do you know how to|are you allowed to) (control|see|operate|manage|hear|monitor|understand|work with|talk to) (my lights|the {name}|the {room} {covers}|the heating|the vacuum|<app>|my calendar|the garage|other houses|the car|my {noun})
"""

RELATIVE = lines_of(_RELATIVE, _WORDS)
LATER = lines_of(_LATER, _WORDS)
OTHER_WISHES = lines_of(_OTHER, _WORDS)
HOUSEKEEPING = lines_of(_HOUSEKEEPING, _WORDS)
