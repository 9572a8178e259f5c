# How the script speaks: plain lines; one line on stderr when something is wrong, with what to do about it; progress of long
# steps.

say() {
    printf '%s\n' "$*"
}

die() {
    printf 'djembe: %s\n' "$*" >&2
    exit 1
}

# run_long WHAT LOG COMMAND...: runs a command that takes its time, its output in LOG, and shows how far it is: on a
# terminal its newest line, elsewhere a line every 15 seconds. Gives the command's exit status.
run_long() {
    say "$1"
    run_silently "$@"
}

# The same for one that mostly has nothing to do: WHAT is said when it turns out to take longer than two seconds.
run_silently() {
    local what=$1 log=$2 began=$SECONDS told=0 line child code=0 late=yes
    [ "${FUNCNAME[1]}" != run_long ] || late=""
    shift 2
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    trap 'kill "$child" 2>/dev/null; wait "$child"; echo; die "Interrupted: run this again to go on."' INT TERM
    while kill -0 "$child" 2>/dev/null; do
        if [ -n "$late" ]; then
            [ $((SECONDS - began)) -lt 2 ] || { late="" && say "$what"; }
            sleep 0.1
        elif [ -t 1 ]; then
            line=$(tail -n 1 "$log" | tr -d '\r\t' | cut -c1-100)
            printf '\r\033[K  %3d s  %s' $((SECONDS - began)) "$line"
            sleep 0.3
        else
            [ $((SECONDS - began)) -lt 2 ] && sleep 0.1 || sleep 0.5
            if [ $((SECONDS - began)) -ge $((told + 15)) ]; then
                told=$((SECONDS - began))
                say "  $told s  $(tail -n 1 "$log" | tr -d '\r\t' | cut -c1-100)"
            fi
        fi
    done
    [ ! -t 1 ] || printf '\r\033[K'
    wait "$child" || code=$?
    trap - INT TERM
    return $code
}

# The newest lines of a log, indented, for people who must find out what went wrong.
log_show() {
    local file=$1 lines=${2:-15}
    [ ! -s "$file" ] || tail -n "$lines" "$file" | sed 's/^/  | /' >&2
}

# json_value KEY: the value of a top-level key of the JSON object on stdin, which djembe-admin prints one pair a line.
json_value() {
    sed -nE "s/^ *\"$1\": \"?([^\"]*[^\",])\"?,?\$/\\1/p"
}

# disk_need FOLDER MEGABYTES WHAT: dies when there is not enough room for WHAT.
disk_need() {
    local folder=$1 room
    while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
    room=$(df -m --output=avail "$folder" 2>/dev/null | tail -n 1 | tr -d ' ') || return 0
    [ "$room" -ge "$2" ] ||
        die "The disk of $folder has not enough room: $room MB are free, and $3 needs $2 MB. Make room there and run this again."
}
