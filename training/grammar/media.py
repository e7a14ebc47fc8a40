"""Players, their volume, and the vacuum. Music itself is no name; a `{player}` is."""

from __future__ import annotations

# A family of phrasings is one line, however long.
# ruff: noqa: E501
from .pattern import block

_MACROS = {
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
"""

_RESUME = """
!5 (resume|unpause|continue|un pause|restart|start) (the|the|this|my) <music>
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
"""

_NEXT = """
!5 (next|skip) [to the next] [<item>]
!3 (next <item>|next <item> please|the next <item>)
!5 (skip|skip over|jump over) (the|this|that|the current) <item>
!4 (play|go to|skip to|jump to|switch to|move to|put on|start) the (next|following) <item>
!1 (skip|go|jump|move) (ahead|forward|on) [to the next <item>|one <item>|a <item>]
!1 (i don't like|i hate|i'm tired of|enough of) this (song|track) (skip it|next|next one please|play the next one|skip|next one)
!1 (give me|i want|let's hear|let's have) (another|the next|a different) (song|track|one)
!1 skip (it|this|that|one|forward)
!3 (skip|skip to the next|next) (song|track|episode) <where> {area}
!2 (play|go to|skip to) the next <item> <where> {area}
!3 (play|go to|skip to) the next <item> on [the] {player}
!3 (next|skip) (song|track|the song|the track|this song|episode|chapter) on [the] {player}
!2 skip [the] {player} [to the next <item>|forward|ahead]
!1 [the] {player} next [<item>]
!1 skip the (commercial|ad|intro|rest of this song)
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
"""

_VACUUM = """
!6 (start|run|launch|turn loose|send out|activate|get going with|fire up|deploy|let loose) [the|my|our] {robot}
!2 (let|make|have|get) [the|our] {robot} (clean|vacuum|start|run|do its job|go|work|sweep|start cleaning|do the floors)
!1 (tell|ask) [the|our] {vacuum} to (clean|vacuum|start|start cleaning|sweep|get to work|do the floor)
!2 (start|begin|resume|do) (vacuuming|cleaning|hoovering|the vacuuming|the cleaning|sweeping|the hoovering|vacuum cleaning|a cleaning run)
!3 <vacuum> (the house|the floor|the floors|everything|everywhere|the whole house|the apartment|the flat|now|all rooms|up|the carpet|the place)
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
"""

MEDIA_PAUSE = block(_PAUSE, _MACROS)
MEDIA_RESUME = block(_RESUME, _MACROS)
MEDIA_NEXT = block(_NEXT, _MACROS)
MEDIA_PREVIOUS = block(_PREVIOUS, _MACROS)
VOLUME = block(_VOLUME, _MACROS)
VACUUM_START = block(_VACUUM, _MACROS)
VACUUM_DOCK = block(_DOCK, _MACROS)
