# The machine: memory, storage, the board's own sensors.

memory() {
    total='' available=''
    while read -r key value _; do
        case $key in
        MemTotal:) total=$value ;;
        MemAvailable:) available=$value ;;
        SwapTotal:) break ;;
        esac
    done <"$ROOT/proc/meminfo"

    # Version 2 lists the controllers it has; version 1 has a table with a column "enabled".
    controls=null
    if [ -r "$ROOT/sys/fs/cgroup/cgroup.controllers" ]; then
        line "$ROOT/sys/fs/cgroup/cgroup.controllers"
        case " $L " in *" memory "*) controls=true ;; *) controls=false ;; esac
    elif [ -r "$ROOT/proc/cgroups" ]; then
        controls=false
        while read -r key _ _ value; do
            [ "$key $value" = "memory 1" ] && controls=true
        done <"$ROOT/proc/cgroups"
    fi
    open memory
    number total_kb "$total"
    number available_kb "$available"
    member cgroup $controls
    close

    MOUNTS=$(cat "$ROOT/proc/self/mountinfo")
    printf ',"swap":['
    C=''
    if [ -r "$ROOT/proc/swaps" ]; then
        while read -r path kind size _; do
            [ "$path" = Filename ] && continue
            if [ "$kind" = file ]; then
                mount_of "${path%/*}/"
                block=$ROOT/sys/dev/block/$mount_number
            else
                block=$ROOT/sys/class/block/${path##*/}
            fi
            printf '%s{' "$C"
            C=''
            text path "$path"
            text kind "$kind"
            number size_kb "$size"
            truth card card "$block"
            close
        done <"$ROOT/proc/swaps"
    fi
    printf ']'
    C=,
}

# mount_of PATH/: mount_number, mount_point, mount_type, mount_device and mount_options become those of its file system.
# A name with a space in it is written otherwise there and is not found; its parent is.
mount_of() {
    mount_number='' mount_point='' mount_type='' mount_device='' mount_options=''
    wanted=$1
    IFS=$NL
    for entry in $MOUNTS; do
        IFS=" "
        set -- $entry
        above=${5%/} # inside the pattern itself bash would match nothing with it where it is empty
        case $wanted in
        "$above"/*)
            # The longest wins; of two at one place the later, which lies on top.
            if [ ${#5} -ge ${#mount_point} ]; then
                mount_number=$3 mount_point=$5 mount_options=$6
                entry=${entry#* - }
                set -- $entry
                mount_type=$1 mount_device=$2 mount_options=$mount_options,$3
            fi
            ;;
        esac
    done
    IFS=" $TAB$NL"
}

# card BLOCK: whether that device of sysfs, or the whole one that it is a part of, is an SD card. (eMMC is "MMC".)
card() {
    line "$1/device/type" || line "$1/../device/type"
    [ "$L" = SD ]
}

# Of the file system that /opt/edge lies on, or would; and whether the service's file can be written.
storage() {
    place=$EDGE
    while [ -n "$place" ] && [ ! -d "$place" ]; do
        place=${place%/*}
    done
    place=$(cd -P "${place:-/}" && pwd -P)
    mount_of "${place%/}/"
    open disk
    text path "$place"
    text device "$mount_device"
    text mount "$mount_point"
    text type "$mount_type"
    truth readonly has_option ro
    truth card card "$ROOT/sys/dev/block/$mount_number"
    # The heading has seven words; then come device, total, used and free. Where df fails there are empty ones.
    set -- $(bounded 5 df -Pk "$place") '' '' '' '' '' '' '' '' '' '' ''
    number size_kb "$9"
    shift 9
    number free_kb "$2"
    set -- $(bounded 5 df -Pi "$place") '' '' '' '' '' '' '' '' '' '' ''
    number inodes "$9"
    shift 9
    number inodes_free "$2"
    close

    place=$PREFIX/etc/systemd/system
    while [ -n "$place" ] && [ ! -d "$place" ]; do
        place=${place%/*}
    done
    mount_of "$place/"
    truth etc_readonly has_option ro
}

has_option() {
    case ,$mount_options, in *",$1,"*) return 0 ;; esac
    return 1
}

hardware() {
    model='' compatible=''
    tree=$ROOT/proc/device-tree
    if [ -r "$tree/model" ]; then
        # Strings in a device tree end with a zero byte, which no shell can hold.
        model=$(tr -d '\000' <"$tree/model")
        IFS=$NL
        for entry in $(tr '\000' '\n' <"$tree/compatible"); do
            escape "$entry"
            compatible=$compatible$J,
        done
        IFS=" $TAB$NL"
    else
        line "$ROOT/sys/class/dmi/id/sys_vendor"
        model=$L
        line "$ROOT/sys/class/dmi/id/product_name"
        model=$model${L:+ $L}
    fi
    text model "$model"
    member compatible "[${compatible%,}]"

    says=''
    have vcgencmd && says=$(bounded 3 vcgencmd get_throttled)
    case $says in throttled=*) says=${says#*=} ;; *) says= ;; esac
    text throttled "$says"

    # What the supply of a Pi 5 says it can give, in mA: four bytes, the highest first.
    milliamps=''
    if [ -r "$tree/chosen/power/max_current" ]; then
        set -- $(od -An -tu1 -N4 "$tree/chosen/power/max_current")
        [ $# = 4 ] && milliamps=$((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))
    fi
    number supply_ma "$milliamps"
    power

    printf ',"temperatures":['
    C=''
    set +f
    set -- "$ROOT"/sys/class/thermal/thermal_zone*
    set -f
    for zone in "$@"; do
        line "$zone/temp" || continue
        printf '%s{' "$C"
        C=''
        number millidegrees "$L"
        line "$zone/type"
        text zone "$L"
        close
    done
    printf ']'
    C=,
}

# Where its power could be read, and the power mode of a Jetson, by its name in nvpmodel's list.
power() {
    line "$ROOT/var/lib/nvpmodel/status"
    mode=''
    case $L in
    pmode:[0-9]*)
        mode=${L#pmode:}
        mode=${mode%%[!0-9]*}
        while [ "${mode#0}" != "$mode" ] && [ ${#mode} -gt 1 ]; do mode=${mode#0}; done
        table=$(sed -n "s/^< *POWER_MODEL  *ID=0*$mode  *NAME=\([^ >]*\).*/\1/p" "$ROOT/etc/nvpmodel.conf")
        first "$table"
        mode=${L:-mode $mode}
        ;;
    esac
    text power_mode "$mode"

    rails='' zones='' firmware=''
    set +f
    set -- "$ROOT"/sys/class/hwmon/hwmon*
    set -f
    for chip in "$@"; do
        line "$chip/name"
        [ "$L" = ina3221 ] || continue
        for channel in 1 2 3; do
            line "$chip/in${channel}_label" || continue
            escape "$L"
            rails=$rails$J,
        done
    done
    set +f
    set -- "$ROOT"/sys/class/powercap/intel-rapl:*
    set -f
    for zone in "$@"; do
        line "$zone/name" || continue
        escape "$L"
        name=$J
        escape "${zone##*/}"
        zones="$zones{\"zone\":$J,\"name\":$name},"
    done
    if [ -e "$ROOT/dev/vcio_gencmd" ]; then
        set -- $(ls -ld "$ROOT/dev/vcio_gencmd")
        firmware=$4
    fi
    open power
    member rails "[${rails%,}]"
    member rapl "[${zones%,}]"
    text firmware "$firmware"
    close
}
