# What edge has put on this board.

# Larger files are not ours, or no longer: they are left out.
MOST_BYTES=262144
MOST_RELEASES=32

deployed() {
    open edge
    current='' blobs='' parts='' releases='' small=: inode=''
    if [ -d "$EDGE" ]; then
        set +f
        set -- "$EDGE"/current "$EDGE"/lock "$EDGE"/trial.json "$EDGE"/result.json "$EDGE"/blobs/* "$EDGE"/releases/* \
            "$EDGE"/releases/*/manifest.json "$EDGE"/releases/*/check.json \
            "$EDGE"/releases/*/committed.json
        set -f
        # One listing, the youngest first, tells types, sizes and links of all; POSIX lays down its columns.
        listing=$(ls -nidt "$@")
        IFS=$NL
        for entry in $listing; do
            path=${entry#*" $EDGE/"}
            IFS=" "
            set -- $entry
            IFS=$NL
            kind=${2%"${2#?}"}
            case $kind$path in
            lcurrent\ *) current=${path##*/} ;;
            -lock) inode=$1 ;;
            -blobs/*[!0-9a-f]*.part) ;;
            -blobs/*.part)
                path=${path#*/}
                parts=$parts\"${path%.part}\":$6,
                ;;
            -blobs/*[!0-9a-f]*) ;;
            -blobs/*) blobs=$blobs\"${path#*/}\":$6, ;;
            dreleases/*) releases="$releases${path#*/}$NL" ;;
            -*.json) [ "$6" -le $MOST_BYTES ] && small=$small$path: ;;
            esac
        done
        IFS=" $TAB$NL"
    fi
    text current "$current"
    printf ',"releases":['
    C='' count=0
    IFS=$NL
    for id in $releases; do
        case $id in *[!0-9A-Za-z._-]*) continue ;; esac
        count=$((count + 1))
        [ $count -gt $MOST_RELEASES ] && break
        printf '%s{' "$C"
        C=''
        text id "$id"
        file manifest "releases/$id/manifest.json"
        file check "releases/$id/check.json"
        file committed "releases/$id/committed.json"
        close
    done
    IFS=" $TAB$NL"
    printf ']'
    C=,
    member blobs "{${blobs%,}}"
    member parts "{${parts%,}}"
    file trial trial.json
    file result result.json
    lock
    service
    close
}

# file NAME PATH: a file of JSON as one string; null where there is none, or none of sensible size.
file() {
    case $small in
    *":$2:"*) ;;
    *)
        member "$1" null
        return
        ;;
    esac
    content=$(sed 's/[\\"]/\\&/g' "$EDGE/$2")
    # JSON has line ends and the like between its values only, where a space does as well.
    case $content in
    *[![:print:]]*) content=$(printf '%s' "$content" | tr '\001-\037\177' ' ' | tr -d '\000') ;;
    esac
    member "$1" "\"$content\""
}

# The lock's text stays when its holder has gone; what counts is whether the kernel knows of a holder. Its table is read
# rather than the lock tried: a trial, short as it is, could turn away somebody who really wants it.
lock() {
    if [ -z "$inode" ]; then
        member lock null
        return
    fi
    held=false
    if [ -r "$ROOT/proc/locks" ]; then
        while read -r _ kind _ _ _ where _; do
            case $kind$where in FLOCK*:"$inode") held=true ;; esac
        done <"$ROOT/proc/locks"
    else
        held=null
    fi
    # A file of another disk can have the same number: a holder is worth a trial.
    if [ $held != false ] && have flock && (flock -n -s 9) 9<"$EDGE/lock"; then
        held=false
    fi
    open lock
    line "$EDGE/lock"
    text text "$L"
    member held $held
    close
}

service() {
    answer=''
    if [ -n "$systemd" ]; then
        answer=$(bounded 5 systemctl show -p \
            LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,MainPID,StatusText,MemoryCurrent \
            edge-agent.service)
    fi
    case $NL$answer$NL in
    *"${NL}LoadState=loaded$NL"*) ;;
    *)
        member service null
        return
        ;;
    esac
    open service
    IFS=$NL
    for entry in $answer; do
        escape "${entry#*=}"
        case ${entry%%=*} in *[!A-Za-z]*) ;; *) member "${entry%%=*}" "$J" ;; esac
    done
    IFS=" $TAB$NL"
    close
}
