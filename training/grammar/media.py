"""Players, their volume, and the vacuum. Music itself is no name; a `{player}` is."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .manners import POLITE
from .pattern import block

_MACROS = {
    "polite": POLITE,
    "ago": "before|just before|just now|before this|before this one|before that|a moment ago|earlier|previously|a minute ago|last|right before",
    "music": "music|music|music|song|track|playback|video|movie|podcast|film|audio|album|playlist|show|radio show|episode|audiobook|tune|media|playing",
    "this": "the|the|this|that|my|the current",
    "where": "in [the]|in [the]|in [the]|on the speakers in [the]|over in [the]|out in [the]",
    "item": "song|track|one|tune|episode|video|title|chapter|piece",
    "volume": "volume|volume|volume|sound|sound level|loudness|volume level|audio",
    "set": "set|set|set|put|change|turn|adjust|bring|get|make",
    "down": "turn down|lower|reduce|decrease|bring down|drop|take down",
    "up": "turn up|raise|increase|bring up|boost|crank up|pump up",
    "want": "i want|i'd like|i would like|let's have|can i have|can we have|could we have",
    "full": "full|maximum|max|full volume|the max|the maximum|full blast|maximum volume|one hundred percent|the highest|the loudest",
    "vacuum": "vacuum|vacuum|clean|hoover|sweep",
    "home": "home|back home|to the dock|back to the dock|to its dock|to its base|to base|back to base|to the charger|back to the charger|to the charging station|to its station|to charge|to its home|back",
}

_PAUSE = """
!5 (pause|pause|hold) <this> <music>
!2 pause
!1 pause (it|that|this|everything|playing|please pause)
!3 (stop|halt|hold|freeze|suspend) (the music|playback|the song|the video|the movie|the podcast|the playlist|the track|playing|the audio|playing music|the film|the show)
!3 pause <this> <music> <where> {area}
!2 (stop|halt) (the music|playback|the song|the movie|playing music) <where> {area}
!1 (turn off|switch off|shut off|cut|kill) the (music|song|playback|audio)
!1 (turn|switch|shut) the (music|audio) off
!1 (turn off|stop) the music <where> {area}
!4 pause [the] {player}
!1 pause (my|our) {player}
!1 pause [the] {player} in [the] {area}
!2 pause <this> <music> on [the] {player}
!1 (stop|halt) (playback|the music|the movie|the video|playing) on [the] {player}
!1 (put|hold) (the music|the movie|the video|playback|the song) on (pause|hold)
!2 pause [the] {room}
.1 (music|playback) (pause|off|stop)
.1 (hold on|wait|one moment) pause (it|the music|the movie|that)
.1 (stop|pause|hold) the (music|movie|video|song) for a (second|minute|moment|bit|while)
!1 pause (it|this|the <music>) for a (second|minute|moment|bit|while)
!1 hit pause [on [the] {player}]
!1 (make|let) the music stop
.2 <polite> (pause <this> <music>|pause [the] {player}|stop the music|pause <this> <music> <where> {area}|stop playing)
!2 (stop|quit|cease) (playing [music|that|it|this|the song]|playback|the music please|playing <where> {area})
!2 (put|set|place) [the] {player} on (pause|hold)
!1 (press|push|tap|hit) pause [on [the] {player}|for the <music>|<where> {area}|please]
.2 {player} (pause|on pause) [please|now]
.1 (pause|stop) (music|song|movie|playback|video) [please|now|{area}]
.1 (music|song|movie|playback|video|podcast) (pause|on pause|on hold|off) [please|now|<where> {area}]
.1 (no more|enough|enough of the|enough with the|that's enough) (music|songs) [please|now|for now|for today|<where> {area}]
.1 (i need to|i have to|i've got to|let me) (take a call|answer the door|get the door|answer the phone|use the bathroom) (pause it|pause the <music>|pause|hold the <music>)
.1 (intermission|bathroom break|coffee break|snack break|phone call|someone is at the door) pause (it|the <music>|[the] {player})
!1 (freeze|hold|interrupt|halt|suspend) (it|the picture|the film|the movie|the video|<this> <music>) [there|right there|here|for a second|for a moment]
!1 let's (pause|stop) (here|the <music> here|it here|the <music> for a bit)
"""

_RESUME = """
!5 (resume|unpause|continue|un pause|start) (the|the|this|my) <music>
!2 (resume|unpause|continue|play|un pause|carry on|keep playing|play on)
!2 (play|continue|resume) (it|that|again|playing|playback|where we left off)
!4 (play|resume|unpause|continue) the (music|song|movie|video|podcast|track|playlist|film|show|audiobook|episode)
!2 (keep|continue|go on|carry on|start) playing [the music|again|please]
!3 (resume|unpause|continue|play) <this> <music> <where> {area}
!1 (turn on|switch on|put on|put back on) the music [again]
!1 (turn|put|switch) the music [back] on [again]
!1 (turn on|put on|start) the music <where> {area}
!4 (resume|unpause|un pause|continue) [the] {player}
!1 (resume|unpause) (my|our) {player}
!1 (resume|unpause|continue) [the] {player} in [the] {area}
!2 (resume|unpause|continue|play|start) <this> <music> on [the] {player}
!1 (continue|resume) (playback|playing) on [the] {player}
!2 (resume|unpause) [the] {room}
!1 hit play [on [the] {player}]
.1 music (on|again|back on|please)
.1 (go on|carry on|continue) with the (music|song|movie|video|podcast|film|show|story)
.1 (i'm|i am|we're) back (resume|unpause|continue) the (movie|music|show|video)
.1 (play|resume) (from where we stopped|where i left off|from where it was)
.2 <polite> (resume <this> <music>|resume [the] {player}|continue <this> <music>|keep playing|resume <this> <music> <where> {area}|unpause <this> <music>)
!3 (go on|carry on|keep on|continue) (playing|with playing|with playback|watching|listening|with the <music>) (on [the] {player}|<where> {area}|please|now|with the <music>|again)
!2 (go on|carry on|proceed) with (the <music>|it|playback|the show|what was playing) [on [the] {player}|<where> {area}]
!2 (unpause|un pause|resume|continue) (it|that|everything|listening|watching) [please|now|on [the] {player}]
!2 (let|make) (it|the music|the song|the movie|the video|the podcast|the film|the show) (play|play on|continue|go on|roll|run|play again|keep playing)
!2 (roll|start|run) the (film|movie|tape|video|show|music) [again]
!2 (pick up|carry on|continue|go on|resume) (where (we|i|you) (left off|stopped|paused)|from where (we|i|you) (left off|stopped|paused))
!1 (press|push|tap|hit) (play|resume) [on [the] {player}|please|again|<where> {area}]
!1 (get|bring|start) (the music|playback|the movie|the song|the podcast) (going|back|playing|back on) again
.1 (music|playback|song|movie|podcast|video) (again|resume|continue|back on|play|on) [please|now|<where> {area}]
.2 {player} (resume|continue|play|unpause|keep playing|go on) [please|now]
!1 (end|lift|take back|release) the pause [on [the] {player}]
.1 (i'm|i am|we're|we are) (back|ready|done with the call) (resume|continue|play|go on with the <music>|keep playing|play the <music>|unpause it)
.1 (we|i|you) can (continue|resume|go on with|keep watching|keep listening to) the <music> [now]
!1 (start|get) [the] {player} (playing|going) again
"""

_NEXT = """
!5 (next|skip) [to the next] [<item>]
!3 (next <item>|next <item> please|the next <item>)
!5 (skip|skip over|jump over) (the|this|that|the current) <item>
!4 (play|go to|skip to|jump to|switch to|move to|put on|start) the (next|following) <item>
!1 (skip|jump|move) (ahead|forward|on) [to the next <item>|one <item>|a <item>]
!1 go (ahead|forward|on) (to the next <item>|one <item>|a <item>)
!1 (i don't like|i hate|i'm tired of|enough of) this (song|track) (skip it|next|next one please|play the next one|skip|next one)
!1 (give me|i want|let's hear|let's have) (another|the next|a different) (song|track|one)
!1 skip (it|this|that|one|forward)
!3 (skip|skip to the next|next) (song|track|episode) <where> {area}
!2 (play|go to|skip to) the next <item> <where> {area}
!3 (play|go to|skip to) the next <item> on [the] {player}
!3 (next|skip) (song|track|the song|the track|this song|episode|chapter) on [the] {player}
!2 skip [the] {player} [to the next <item>|forward|ahead]
!1 [the] {player} next [<item>]
!1 (skip|skip past|jump past|get past) (the|this|that) (commercial|ad|advert|intro|rest of this song)
.2 <polite> (skip this <item>|play the next <item>|go to the next <item>|skip to the next <item>|skip this <item> <where> {area}|play the next <item> on [the] {player})
!2 (move|jump|go|hop|continue) (along|on|forward|ahead) to the (next|following) (<item>|one) [please|<where> {area}|on [the] {player}]
.2 (on to|onto|and now|now) the next (one|<item>) [please|then]
!1 (forward|advance) ((one|a) <item>|to the next <item>|[the] {player})
.1 (one|a) <item> (forward|further|ahead|on)
!2 (play|put on|let's hear|give me|i want|let's have) (another|a different|some other|one more) (song|track|tune)
!1 (pass on|get past|get over|bypass|leave out|jump) this <item>
!2 (go|skip|jump|step|move) (forward|ahead|on) on [the] {player}
.2 {player} (next|skip|forward|next one) [please|now]
.1 (i've heard this|i know this|heard it|not this|not this one|not this again|boring|i'm bored of this|i'm sick of this) [song|one|track] [please] (next|skip|skip it|next one|next please|skip this|next song)
.1 (next|skip) (please|now|it please|one please|that please|already) [<where> {area}|on [the] {player}]
!1 (change|switch) (the song|the track|to the next one|to the following <item>) [<where> {area}|on [the] {player}]
!1 (fast forward|forward|zap|shift) to the next <item> [please]
"""

_PREVIOUS = """
!5 (previous|last|the previous|the last) (song|track|tune|episode|video|chapter|title) [again|please]
!3 (go back|skip back|jump back|back up) [to the (previous|last) <item>|one <item>|a <item>]
!5 (play|go to|go back to|return to|skip to|jump to|switch to|put on|replay) the (previous|last|earlier|preceding) <item> [again]
!1 play (the song before this|the one before|that song again|that last one again|what was on before|the one before that)
!2 (back to|rewind to|back) the (previous|last) <item>
!1 previous
!1 (one|a) <item> back
!3 (previous|last) (song|track|episode) <where> {area}
!2 (play|go back to) the (previous|last) <item> <where> {area}
!3 (play|go back to|go to) the (previous|last) <item> on [the] {player}
!2 (previous|last) (song|track|episode|chapter) on [the] {player}
!2 (go|skip) back on [the] {player}
!1 [the] {player} (previous|back) [<item>]
!1 (i liked|i loved|what was) (that|the last) (song|one) (play it again|go back)
.2 <polite> (go back to the previous <item>|play the previous <item>|play the last <item> again|go back (one|a) <item>|play the previous <item> on [the] {player}|go back to the last <item> <where> {area})
!5 (go|skip|jump|step|move) (back|backward|backwards) [(one|a) <item>|to the (previous|last) one] on [the|my|our] {player}
!2 (go|skip|jump|step|move) back [(one|a) <item>] <where> {area}
!3 (go|skip|jump|step|move|hop) (back|backward|backwards) (one|a|one more) (<item>|song|track) [please]
!5 (play|put on|go back to|let's hear|give me|bring back|replay|return to|back to) (what|whatever) (was on|was playing|was running|we had|we heard|you played|i heard|played|came) <ago>
!4 (play|put on|go back to|let's hear|give me|bring back|replay|return to|back to) the (one|song|track|<item>) (that was on|that was playing|we had|we heard|you played|i heard|that played|that came|you had on) <ago>
.2 (i want|i'd like|can i hear|can we hear|let me hear|we want|play me) (the (song|one|track) (from before|before this|before that|before this one|we just had|that just played)|the (previous|last) <item>|what was on <ago>) [again]
.2 (the one|one|the song|the track|the <item>) before [this|that|this one|that one] [please|again]
.3 i (skipped|went|jumped|clicked) (too far|one too many|too much|too fast|by mistake|by accident|too early) [go back|back one|sorry|please go back|go back one]
.2 i (didn't|did not|never) (mean|want) to skip (that|it|this|that one|that song|the last one) [go back|please go back]
.2 (i missed|i wanted to hear|i wasn't done with|i was listening to|don't skip|undo the skip of) (that song|the last song|the previous song|the last one|that last track) [go back|please|play it again]
!2 (undo|reverse|take back) (the|that|my|the last) skip [please]
!2 (let's|now|please) (go back|return|jump back|skip back) to (that|the) (last|previous|earlier) <item>
!2 (rewind|return|flip|scroll|switch|move|take me|bring me) (back|) to the (previous|last|preceding) <item> [please|on [the] {player}|<where> {area}]
!2 (back|backward|backwards) (one|a|by one) (<item>|song|track) [please|on [the] {player}]
.2 {player} (previous|back|go back|previous one|last song|one back|skip back) [please|now]
.1 (previous|prev) (one|please|song please|track please|one please|<item> please|<item> again)
"""

_VOLUME = """
!6 <set> the <volume> [up|down] to {percent}
!2 <set> <volume> (to|at) {percent}
!3 (turn|bring|put) the <volume> (up|down) to {percent}
!2 (turn|bring) (up|down) the <volume> to {percent}
!2 (<down>|<up>) the <volume> to {percent}
!2 (turn|bring) it (up|down) to {percent} volume
!2 <set> the <volume> to (level {percent}|{percent} volume)
!1 <set> the music to {percent}
!1 (turn|bring) the music (up|down) to {percent}
!1 play [the music|it] at {percent} (volume|loudness)
!4 <set> the <volume> <where> {area} to {percent}
!4 <set> the {area} <volume> to {percent}
!1 (turn|bring) the <volume> in [the] {area} (up|down) to {percent}
!2 <set> the <volume> to {percent} in [the] {area}
!1 (turn|bring) the music in [the] {area} (up|down) to {percent}
!6 <set> the {player} [<volume>] to {percent}
!3 <set> [the] <volume> (of|on|for) [the] {player} to {percent}
!2 <set> the <volume> to {percent} on [the] {player}
!3 (turn|bring|put) the {player} (up|down) to {percent}
!1 (turn|bring) (up|down) the {player} to {percent}
!2 (<down>|<up>) the {player} [<volume>] to {percent}
!1 <set> {player} volume to {percent}
!1 <set> the {player} <where> {area} to {percent}
!1 (turn|bring) the {player} <where> {area} (up|down) to {percent}
!1 on [the] {player} <set> the volume to {percent}
!1 (turn|bring) the <volume> of the {player} (up|down) to {percent}
.3 volume [to|at|up to|down to] {percent}
.1 volume level {percent}
.1 {percent} volume
.1 [the] {player} [volume] (to|at) {percent}
.1 [the] {room} volume [to|at] {percent}
.1 volume <where> {area} [to|at] {percent}
.1 <want> the volume (at|to be|set to) {percent}
.1 <want> the {player} at {percent}
!2 <set> the <volume> (to|at) (half|halfway|fifty fifty|half volume|the middle) => volume_level: 50
!1 <set> the {player} [volume] (to|at) (half|half volume|halfway) => volume_level: 50
!2 <set> the <volume> (to|at|up to) <full> => volume_level: 100
!1 <set> the {player} [volume] (to|at|up to) <full> => volume_level: 100
!1 (turn|crank|pump) (it|the volume|the music|the sound) (all the way up|up all the way|up to full|up to the max) => volume_level: 100
.1 (full|maximum|max) volume => volume_level: 100
!1 <set> the <volume> (to|at|down to) (zero|minimum|the minimum|nothing|the lowest) => volume_level: 0
!1 turn the (volume|sound) all the way down => volume_level: 0
!1 <set> the {player} volume (to|down to) (zero|minimum) => volume_level: 0
!1 <set> the <volume> to (a quarter|one quarter) => volume_level: 25
!1 <set> the <volume> to three quarters => volume_level: 75
.2 <polite> (<set> the <volume> to {percent}|<set> the {player} volume to {percent}|<set> the volume <where> {area} to {percent}|<up> the volume to {percent}|<down> the volume to {percent}|<set> the {player} to {percent} volume)
.3 (volume|vol|sound|sound level|audio) {percent} [please|now]
.2 (volume|sound|vol) {room} [to|at] {percent}
.2 {room} (volume|sound|vol) {percent} [please|now]
.1 (music|sound|audio) (to|at|up to|down to) {percent} [<where> {area}|please]
!2 (play|have) (it|the music|that|this) at {percent} [volume] [<where> {area}|please|on [the] {player}]
.2 (i want|i need|i'd like|let's have|can we have) (it at {percent} volume|{percent} volume|the <volume> at {percent}|the <volume> <where> {area} at {percent}|the {player} volume at {percent})
.2 the (<volume>|{player} volume|{room} volume|<volume> <where> {area}) (should be|must be|can be|needs to be|ought to be|could be) [at|set to] {percent}
.1 [the] {player} (volume {percent}|{percent} volume)
!1 (take|drop|bump|crank|push|dial|slide) the (volume|{player} volume|sound|volume <where> {area}) (up|down|) to {percent}
!1 (leave|keep|hold) the (volume|{player} volume|sound|volume <where> {area}) at {percent}
.1 {percent} (volume|sound|is loud enough) (for|on) [the] {player}
!1 (make|play|turn) (it|the music|the {player}) as loud as (possible|it goes|it gets|you can|it can be) => volume_level: 100
.1 (half|half the) volume [please|<where> {area}] => volume_level: 50
"""

_VACUUM = """
!6 (start|run|launch|turn loose|send out|activate|get going with|fire up|deploy|let loose) [the|my|our] {robot}
!2 (let|make|have|get) [the|our] {robot} (clean|vacuum|start|run|do its job|go|work|sweep|start cleaning|do the floors)
!1 (tell|ask) [the|our] {vacuum} to (clean|vacuum|start|start cleaning|sweep|get to work|do the floor)
!2 (start|begin|resume|do) (vacuuming|cleaning|hoovering|the vacuuming|the cleaning|sweeping|the hoovering|vacuum cleaning|a cleaning run)
!3 <vacuum> (the house|the floor|the floors|everything|everywhere|the whole house|the apartment|the flat|now|all rooms|the carpet|the place)
!6 <vacuum> [the] {room}
!2 <vacuum> [the] {floor}
!1 (start|begin) (vacuuming|cleaning|hoovering) [the|on the] {floor}
!1 (send|have|let|get) [the|our] {robot} (clean|vacuum|do) [the] {floor}
!2 (vacuum|hoover|sweep) the floor in [the] {area}
!2 (start|begin|do) (vacuuming|hoovering|sweeping) [the|in the] {room}
!2 (send|have|let|get|make) [the|our] {robot} (clean|vacuum|sweep|do) [the] {room}
!2 (start|run|send) [the|our] {robot} (in|to|into) [the] {room}
!1 (tell|ask) [the|our] {vacuum} to (clean|vacuum|sweep) [the] {room}
.2 [the] {room} (needs|needs to be|has to be|should be) (vacuumed|hoovered|vacuuming|cleaned by the vacuum)
.1 (the floor|the carpet|it) (is|looks) (dirty|dusty|a mess) (start vacuuming|vacuum it|vacuum)
.1 (time to|let's|we should|can we|we need to) (vacuum|hoover|vacuum the house)
.1 {vacuum} (start|go|clean|vacuum) [please|now]
.1 {robot} (clean|vacuum) [the] {room}
!5 (clean|vacuum|hoover|sweep) {room} [please|now]
!3 (clean|vacuum|hoover|sweep) (up|out|in|inside|through) [the] {room}
.3 {room} (clean|vacuum|vacuuming|cleaning|hoovering|hoover) [please|now]
!2 give [the] {room} a (clean|sweep|hoover|once over|vacuum|good clean|quick clean|going over|quick vacuum|quick hoover|good vacuuming)
!2 (clean|vacuum|hoover|sweep|do) the (floors|floor|carpet|rug|carpets) (in|of) [the] {area}
!1 (suck up|vacuum up|hoover up|clean up|sweep up) the (crumbs|dust|dirt|cat hair|dog hair|mess|fluff|sand) in [the] {area}
.2 [the] {room} (could use|could do with|wants|needs) (a vacuum|vacuuming|a hoover|hoovering|a vacuuming|a quick vacuum|a sweep)
.2 (i want|i'd like|i need|can i have|can we have|could i have|is it possible to get|get|have) [the] {room} (vacuumed|hoovered|swept|cleaned by {robot}|vacuumed please)
.2 {robot} (should|can|could|has to|needs to|must|may) (clean|vacuum|start|do|sweep|hoover) [the] {room}
!1 (have|let|make|get) [the|our] {robot} (take care of|go over|clean up|see to|run through|hoover) [the] {room}
.2 <polite> (vacuum [the] {room}|clean [the] {room}|start [the] {robot}|hoover [the] {room}|send [the] {robot} to [the] {room}|vacuum the house)
!2 (start|run|begin|do|launch) (a|the|another) (cleaning|vacuum|vacuuming|cleaning up) (run|cycle|session|job|round) [<where> {area}]
!1 (run|start) [the] {robot} [again] (now|please|for a bit|through the house|everywhere|in every room)
.1 {robot} (do|start cleaning|vacuum|clean up|hoover|sweep) [the|in the] {room}
.1 {robot} (start|go|clean|vacuum|start cleaning|get to work|do your job|begin) [please|now]
.1 (floors|the floors|the floor|the carpet|the carpets) (need|needs) (a vacuum|vacuuming|hoovering|to be vacuumed)
"""

_DOCK = """
!6 (send|bring|take|return|drive|get|call|order) [the|my|our] {vacuum} <home>
!3 (dock|park|recharge|charge|return|recall) [the|my|our] {robot}
!3 (make|let|have) [the|our] {vacuum} (go home|return|dock|go back to its dock|go charge|return to base|go to its base|come home|go back|go to the charger|return home)
!2 (tell|ask) [the|our] {vacuum} to (go home|return|dock|go back to its dock|return to base|go charge|stop and go home|come back|return home)
.3 [the] {vacuum} (go home|return to base|back to base|return home|go to your dock|back to the dock|dock|home|go back|go charge)
!2 (return to base|go back to base|return to the dock|back to base|back to your dock|go to your dock|return to the charging station)
!1 (stop|end|finish) (vacuuming|cleaning|hoovering) and (go home|return to base|dock|go back)
!1 (send|bring|return) [the|our] {vacuum} in [the] {area} <home>
.1 (that's enough|enough) (vacuuming|cleaning) [send {vacuum} home|go home]
.1 (i want|i'd like|i need) [the|our] {vacuum} (back in its dock|back at its base|docked|charging|to go home|to return to base|home)
.1 [the] {vacuum} (should|can|must|needs to) (go home|return to base|go back to its dock|charge|dock|go to its dock)
.2 <polite> (send {vacuum} <home>|dock [the] {robot}|send [the] {robot} <home>|return [the] {vacuum} to its dock)
!2 (call|bring|get|order|summon|fetch) [the|our] {vacuum} (back|in|back in|home|back to its place|back to where it charges)
!2 (put|get|have) [the|our] {robot} (back|back on its charger|on the dock|on its dock|back in its dock|on the charger|back on the base|docked)
!2 (let|have|make) [the|our] {vacuum} (recharge|charge|rest on its dock|park|go and charge|drive home|drive back|head home|head back|find its dock)
.2 {vacuum} (back home|come home|recharge|parking|go park|head home|to the dock|go back home|to base|go to your charger|come back) [please|now]
.1 (time for|it's time for) [the|our] {vacuum} to (go home|dock|charge|recharge|return|go back to its dock)
.1 [the] {robot} (is done|has done enough|has cleaned enough|is finished) (send it home|dock it|it can go home|bring it back)
!1 (go|drive|head|return) (to your charger|to your base|home to your dock|to the charging station|back to your charger)
"""

MEDIA_PAUSE = block(_PAUSE, _MACROS)
MEDIA_RESUME = block(_RESUME, _MACROS)
MEDIA_NEXT = block(_NEXT, _MACROS)
MEDIA_PREVIOUS = block(_PREVIOUS, _MACROS)
VOLUME = block(_VOLUME, _MACROS)
VACUUM_START = block(_VACUUM, _MACROS)
VACUUM_DOCK = block(_DOCK, _MACROS)
