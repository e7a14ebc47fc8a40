# The system: kernel, userland, processor, Python, rights.

system() {
    C=,
    line "$ROOT/proc/sys/kernel/hostname"
    text host "$L"
    text machine "$(uname -m)"
    line "$ROOT/proc/sys/kernel/osrelease"
    text kernel "$L"

    bits=$(getconf LONG_BIT)
    if [ -z "$bits" ]; then
        # The fifth byte of a program says what it was made for: this shell's own.
        case $(dd if=/proc/$$/exe bs=1 skip=4 count=1 | tr '\001\002' ab) in
        a) bits=32 ;;
        b) bits=64 ;;
        esac
    fi
    number bits "$bits"
    number page_size "$(getconf PAGESIZE)"
    text libc "$(getconf GNU_LIBC_VERSION)"

    id='' version='' pretty=''
    release=$ROOT/etc/os-release
    [ -r "$release" ] || release=$ROOT/usr/lib/os-release
    if [ -r "$release" ]; then
        while IFS='' read -r entry || [ -n "$entry" ]; do
            value=${entry#*=}
            value=${value#[\"\']}
            value=${value%[\"\']}
            case $entry in
            ID=*) id=$value ;;
            VERSION_ID=*) version=$value ;;
            PRETTY_NAME=*) pretty=$value ;;
            esac
        done <"$release"
    fi
    open os
    text id "$id"
    text version "$version"
    text pretty "$pretty"
    close

    # systemd may be installed without being in charge, in a container for one. This folder says that it is.
    systemd=''
    if [ -d "$ROOT/run/systemd/system" ] || [ -d "$PREFIX/run/systemd/system" ]; then
        have systemctl && systemd=$(bounded 5 systemctl --version)
    fi
    first "$systemd"
    text systemd "$L"

    number clock "$(date +%s)"
    line "$ROOT/proc/uptime"
    number uptime_s "${L%% *}"
}

processor() {
    vendor='' parts='' name='' features='' cores=0
    # The whole file at once: shells read by single bytes.
    table=$(cat "$ROOT/proc/cpuinfo")
    IFS=$NL
    for entry in $table; do
        value=${entry#*: }
        case $entry in
        processor*) cores=$((cores + 1)) ;;
        "CPU implementer"* | vendor_id*) vendor=$value ;;
        "CPU part"*)
            case ,$parts in
            *",\"$value\","*) ;;
            *)
                escape "$value"
                parts=$parts$J,
                ;;
            esac
            ;;
        "model name"*) name=$value ;;
        Features* | flags*) features=$value ;;
        esac
    done
    IFS=" $TAB$NL"
    open cpu
    text implementer "$vendor"
    member parts "[${parts%,}]"
    text name "$name"
    text features "$features"
    number cores "$cores"
    # A core that is switched off is not in the table.
    line "$ROOT/sys/devices/system/cpu/present"
    text present "$L"
    line "$ROOT/sys/devices/system/cpu/online"
    text online "$L"
    close
    clocks
}

# Processors that share a clock are one policy; of unequal ones the capacity says by how much.
clocks() {
    printf ',"clocks":['
    C=''
    set +f
    set -- "$ROOT"/sys/devices/system/cpu/cpufreq/policy*
    set -f
    for policy in "$@"; do
        line "$policy/affected_cpus" || continue
        printf '%s{' "$C"
        C=''
        text cpus "$L"
        line "$ROOT/sys/devices/system/cpu/cpu${L%% *}/cpu_capacity"
        number capacity "$L"
        line "$policy/scaling_cur_freq"
        number now_khz "$L"
        line "$policy/scaling_max_freq"
        number limit_khz "$L"
        line "$policy/cpuinfo_max_freq"
        number most_khz "$L"
        line "$policy/scaling_governor"
        text governor "$L"
        close
    done
    printf ']'
    C=,
}

# Looking for venv instead of importing it saves most of the time: seconds on a slow board.
ASK_PYTHON='
import os, struct, sys
venv = [p for p in sys.path if os.path.isfile(os.path.join(p, "venv", "__init__.py"))]
bits = 8 * struct.calcsize("P")
print("%d.%d.%d %d %d %s" % (sys.version_info[:3] + (bits, bool(venv), os.path.realpath(sys.executable))))
'

# The first that is new enough, else the first that there is. One in a home folder is out of the question: the service
# is not allowed to look there.
interpreter() {
    best='' seen=:
    set +f
    set -- "$(command -v python3)" "$ROOT"/usr/bin/python3 "$ROOT"/usr/bin/python3.1[0-9] \
        "$ROOT"/usr/local/bin/python3 "$ROOT"/usr/local/bin/python3.1[0-9]
    set -f
    for python in "$@"; do
        case $python in
        /home/* | /root/*) continue ;;
        /*) ;;
        *) continue ;;
        esac
        case $seen in *":$python:"*) continue ;; esac
        seen=$seen$python:
        [ -x "$python" ] || continue
        said=$(bounded 20 "$python" -I -S -c "$ASK_PYTHON")
        [ -n "$best" ] || best=$python$NL$said
        case $said in
        *" /home/"* | *" /root/"*) ;;
        3.1[0-9].*)
            best=$python$NL$said
            break
            ;;
        esac
    done
    if [ -z "$best" ]; then
        member python null
        return
    fi
    path=${best%%"$NL"*}
    said=${best#*"$NL"}
    open python
    version='' bits='' venv=''
    case $said in
    [0-9]*)
        version=${said%% *} said=${said#* }
        bits=${said%% *} said=${said#* }
        venv=${said%% *} path=${said#* }
        ;;
    esac
    text path "$path"
    text version "$version"
    number bits "$bits"
    truth venv [ "$venv" = 1 ]
    close
}

# A function, because a sudo that hangs must hold no pipe of ours but the one that raced can leave.
try_sudo() {
    sudo -n true 2>&1
}

rights() {
    uid=$(id -u)
    text user "$(id -un)"
    number uid "$uid"
    says=''
    if ! have sudo; then
        sudo=none
    elif [ "$uid" = 0 ]; then
        sudo=free
    else
        # What it says when it refuses tells a forgotten password from a broken set-up.
        says=$(raced 5 try_sudo)
        case $? in
        0) sudo=free says= ;;
        124) sudo=hangs ;;
        *) sudo=password ;;
        esac
    fi
    text sudo "$sudo"
    first "$says"
    text sudo_says "$L"
}
