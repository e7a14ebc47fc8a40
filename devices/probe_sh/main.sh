# What this board is, and what `edge` has put on it: one JSON object on standard output. Changes nothing, asks nothing.
#
# devices/probe.py joins the files of this folder, this one last, below two lines, PREFIX='' and ROOT='', and `sh -s`
# reads them from its standard input: dash, busybox's or bash, whatever sh is. It must work where little else does: no
# Python, no rights, a full disk (so no temporary file, and no here-document, which some shells keep in one).
#
# * Everything is inside braces, the start too: a script cut off on its way does nothing at all.
# * A value that cannot be read is null. What the values mean is decided in Python (devices/facts.py), not here.
# * A file of JSON is passed on as a string. If a power cut has torn it, only it is unreadable, not the whole answer.
# * Every program that might hang is bounded, and none gets the standard input, which is this script.

main() {
    export LC_ALL=C
    unset TIME_STYLE CDPATH
    set -f
    IFS=" $TAB$NL"
    EDGE=$PREFIX/opt/edge

    printf '{"probe":1'
    system
    processor
    memory
    interpreter
    rights
    storage
    hardware
    deployed
    printf '}\n'
}

# In a shell of its own: one that redirects a function keeps copies of what it had before, and so would, for as long as
# it lives, a program left hanging; sshd waits for all of them.
{
    (main) </dev/null 2>/dev/null
}
