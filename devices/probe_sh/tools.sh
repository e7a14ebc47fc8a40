# What the other parts are written with: JSON, and reading without hanging.

NL='
'
TAB='	'
# All that needs no escape in JSON: the printable ASCII characters but " and \. A leading ] stands for itself.
PLAIN=']!#-[^-~ '

# escape TEXT: J becomes TEXT as a JSON string.
escape() {
    case $1 in
    *[!$PLAIN]*) ;;
    *)
        J=\"$1\"
        return
        ;;
    esac
    # By runs, not by characters, and not without end: a shell copies what is left at each step.
    rest=$1 J=\"
    if [ ${#rest} -gt 1024 ]; then
        rest=$(printf '%.1024s.' "$rest")
        rest=${rest%.}
    fi
    while [ -n "$rest" ]; do
        run=''
        case $rest in
        [$PLAIN]*) run=${rest%%[!$PLAIN]*} ;;
        \"*) J=$J\\\" ;;
        \\*) J=$J\\\\ ;;
        "$NL"*) J=$J\\n ;;
        "$TAB"*) J=$J\\t ;;
        [[:cntrl:]]*) J=$J\\ufffd ;;
        # What is left are the bytes of other alphabets.
        *) run=${rest%%[[:cntrl:]\ -~]*} ;;
        esac
        if [ -n "$run" ]; then
            J=$J$run
            rest=${rest#"$run"}
        else
            rest=${rest#?}
        fi
    done
    J=$J\"
}

# text NAME VALUE: one member, null where VALUE is empty.
text() {
    if [ -n "$2" ]; then
        escape "$2"
        member "$1" "$J"
    else
        member "$1" null
    fi
}

# number NAME VALUE: one member, null where VALUE is none.
number() {
    case ${2#-} in
    '' | *[!0-9.]* | .* | *. | *.*.* | 0[0-9]*) member "$1" null ;;
    *) member "$1" "$2" ;;
    esac
}

# truth NAME COMMAND...: one member, whether the command succeeds.
truth() {
    name=$1
    shift
    if "$@"; then member "$name" true; else member "$name" false; fi
}

# member NAME JSON: C is the comma before it, if any.
member() {
    printf '%s"%s":%s' "$C" "$1" "$2"
    C=,
}

open() {
    printf '%s"%s":{' "$C" "$1"
    C=''
}

close() {
    printf '}'
    C=,
}

# line FILE: L becomes its first line, empty where it cannot be read.
line() {
    L=''
    [ -r "$1" ] && IFS='' read -r L <"$1"
    [ -n "$L" ]
}

# first TEXT: L becomes its first line.
first() {
    L=${1%%"$NL"*}
}

have() {
    command -v "$1" >/dev/null
}

# bounded SECONDS COMMAND...: its output, if it ends in time.
bounded() {
    if have timeout; then
        timeout -s KILL "$@"
    else
        raced "$@"
    fi
}

# raced SECONDS COMMAND...: the same for what cannot be killed, such as sudo, which is root's: whoever is first to
# write the last line, the command or a clock, ends the reading. A command that hangs is left behind.
raced() {
    answer=$(
        {
            seconds=$1
            shift
            (
                sleep "$seconds" &
                clock=$!
                trap 'kill $clock; exit' TERM
                wait $clock
                printf '\n@slow\n'
            ) &
            clock=$!
            (
                "$@"
                printf '\n@%s\n' $?
                kill $clock
            ) &
        } | sed '/^@/q'
    )
    code=${answer##*"$NL"@}
    answer=${answer%"$NL"@*}
    answer=${answer%"$NL"}
    [ -n "$answer" ] && printf '%s\n' "$answer"
    case $code in
    slow) return 124 ;;
    '' | *[!0-9]*) return 1 ;;
    *) return "$code" ;;
    esac
}
