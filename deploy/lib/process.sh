# The processes of an instance: PostgreSQL, the four daemons and the auditor, each under a supervisor that starts it again when it dies.

# process_pid NAME [supervisor]: the pid, when that very process lives (the same start in the same boot), else nothing.
process_pid() {
    local pid start boot stat fields
    read -r pid start boot 2>/dev/null <"$VAR/run/$1.${2:-pid}" || return 0
    [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] || return 0
    { stat=$(<"/proc/$pid/stat"); } 2>/dev/null || return 0
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] && [ "${fields[19]}" = "$start" ] || return 0
    echo "$pid"
}

# Fills ENVIRONMENT with all that a process of that name gets, and nothing else of the caller's.
process_environment() {
    local name
    ENVIRONMENT=("PATH=/usr/local/bin:/usr/bin:/bin" "HOME=$VAR/state" "LANG=C.UTF-8")
    for name in TZ ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS; do
        [ -z "${!name:-}" ] || ENVIRONMENT+=("$name=${!name}")
    done
    for name in $(compgen -v | grep -E '^DJEMBE_' | grep -Ev '^DJEMBE_(VAR|BUILD|NO_BUILD|LISTEN|PORT_OFFSET|TEST_.*|FUZZ_.*)$'); do
        ENVIRONMENT+=("$name=${!name}")
    done
    ENVIRONMENT+=("DJEMBE_DATABASE=${DJEMBE_DATABASE:-host=$(postgres_socket) user=djembe dbname=djembe}")
    ENVIRONMENT+=("DJEMBE_KEYS=${DJEMBE_KEYS:-$VAR/keys}")
    [ -n "${ADMIN_PORT[$1]:-}" ] || return 0
    ENVIRONMENT+=("DJEMBE_STATE=$VAR/state/$1")
    ENVIRONMENT+=("DJEMBE_ADMIN_LISTEN=127.0.0.1:${ADMIN_PORT[$1]}")
    [ -z "${BUS_PORT[$1]:-}" ] || ENVIRONMENT+=("DJEMBE_BUS_LISTEN=tcp://127.0.0.1:${BUS_PORT[$1]}")
}

# Is it one of this instance's? PostgreSQL may be another server, and the auditor is off unless DJEMBE_AUDITOR says so.
process_wanted() {
    case $1 in
    postgresql) postgres_wanted ;;
    auditor) [[ ${DJEMBE_AUDITOR:-no} == @(yes|true|1) ]] ;;
    esac
}

# Fills COMMAND with how a daemon is called.
process_command() {
    COMMAND=("$VAR/bin/djembe-$1")
    [ "$1" != auditor ] || COMMAND=("$VAR/bin/djembe-ratio" --auditor)
}

# The ports that a process takes, with what they are for.
process_ports() {
    case $1 in
    web) echo "${DJEMBE_WEB_LISTEN##*:} pages" ;;
    tracker) echo "${DJEMBE_TRACKER_LISTEN##*:} announces" ;;
    auditor) echo "${DJEMBE_AUDITOR_LISTEN##*:} holders" ;;
    esac
    [ "$1" = postgresql ] || echo "${ADMIN_PORT[$1]} its-admin-page"
    [ -z "${BUS_PORT[$1]:-}" ] || echo "${BUS_PORT[$1]} the-bus"
    [[ "$1" != @(web|catalog|ratio) ]] || echo "$((BUS_PORT[$1] + 10)) facts"
}

# port_holder PORT: who listens on it, or nothing when it is free.
port_holder() {
    local hex inode pid
    hex=$(printf ':%04X' "$1")
    inode=$(awk -v port="$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed -n 1p)
    [ -n "$inode" ] || return 0
    pid=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\[$inode\]" 2>/dev/null | sed -n 1p | cut -d/ -f3)
    if [ -n "$pid" ]; then echo "$(<"/proc/$pid/comm") (pid $pid)"; else echo "another program"; fi
}

ports_check() {
    local port what holder
    while read -r port what; do
        holder=$(port_holder "$port")
        [ -z "$holder" ] ||
            die "Port $port (${what//-/ } of $1) is taken by $holder: stop that, or run on other ports with DJEMBE_PORT_OFFSET=$((OFFSET + 100)) ./djembe up"
    done < <(process_ports "$1")
}

processes_up() {
    local name
    for name in $1; do
        if ! process_wanted "$name"; then
            [ "$name" != auditor ] || process_stop "$name"
            continue
        fi
        process_up "$name"
        [ "$name" != postgresql ] || postgres_up
    done
}

# Starts it; restarts it when its program or its settings are no longer those it runs with.
process_up() {
    local name=$1 changed
    if [ -n "$(process_pid "$name" supervisor)" ]; then
        changed=$(process_changed "$name")
        [ -n "$changed" ] || return 0
        say "Restarting $name: its $changed changed"
        process_stop "$name"
    else
        # left behind by a supervisor that was killed
        [ -z "$(process_pid "$name")" ] || process_stop "$name"
        [ "$name" = postgresql ] || ports_check "$name"
        say "Starting $name"
    fi
    disk_need "$VAR" 20 "$name"
    process_start "$name"
    CHANGED=yes
}

# What of a running process differs from what would be started now: "program", "settings" or nothing.
process_changed() {
    local pid
    pid=$(process_pid "$1")
    process_command "$1"
    if [ "$1" != postgresql ] && [ -n "$pid" ] &&
        [ "$(as_owner stat -Lc %d:%i "/proc/$pid/exe" 2>/dev/null)" != "$(stat -Lc %d:%i "${COMMAND[0]}")" ]; then
        echo program
    elif [ "$(process_settings "$1")" != "$(cat "$VAR/run/$1.settings" 2>/dev/null)" ]; then
        echo settings
    fi
}

process_settings() {
    [ "$1" != postgresql ] || return 0
    process_environment "$1"
    printf '%s\n' "${ENVIRONMENT[@]}" | sha256sum
}

process_start() {
    local name=$1 signal=TERM command
    process_settings "$name" | as_owner tee "$VAR/run/$name.settings" >/dev/null
    process_environment "$name"
    if [ "$name" = postgresql ]; then
        signal=INT
        postgres_make
        postgres_socket_make
        command=("$(postgres_bin)/postgres" -D "$VAR/postgres" -c "unix_socket_directories=$(postgres_socket)")
    else
        process_command "$name"
        command=("${COMMAND[@]}")
    fi
    (
        [ -z "${INSTANCE_LOCK:-}" ] || exec {INSTANCE_LOCK}>&-
        cd "$VAR" || exit
        set --
        [ "$(id -u)" != 0 ] || set -- setpriv --reuid="$OWNER" --regid="$OWNER" --init-groups --no-new-privs --
        exec setsid "$@" env -i "${ENVIRONMENT[@]}" "$VAR/bin/supervise" \
            "$name" "$VAR/run" "$VAR/log/$name.log" "$signal" "${command[@]}"
    ) </dev/null >/dev/null 2>&1 &
    disown
    wait_until 10 process_runs "$name" || die "$name could not be started: ./djembe logs $name"
}

process_runs() {
    [ -n "$(process_pid "$1" supervisor)" ]
}

# wait_until SECONDS COMMAND...: until it succeeds; false when it does not in time.
wait_until() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.1
    done
}

postgres_up() {
    wait_until 60 postgres_answers_or_fails
    postgres_answers || {
        log_show "$VAR/log/postgresql.log" 5
        disk_need "$VAR" 20 "PostgreSQL"
        die "PostgreSQL does not answer: $VAR/log/postgresql.log tells why."
    }
    postgres_database_make
}

postgres_answers_or_fails() {
    postgres_answers || [ "$(process_crashes postgresql)" -ge 6 ]
}

process_crashes() {
    local count=0
    read -r count _ 2>/dev/null <"$VAR/run/$1.crashes" || true
    echo "$count"
}

# Waits until all of them say that they are ready; tells what is amiss when one is not.
processes_wait() {
    local name waiting=() began=$SECONDS told=0
    local -A before=() # crashes of days past say nothing of this start
    for name in $1; do
        [ "$name" = postgresql ] || ! process_wanted "$name" || waiting+=("$name")
        before[$name]=$(process_crashes "$name")
    done
    while [ ${#waiting[@]} -gt 0 ]; do
        local still=()
        for name in "${waiting[@]}"; do
            process_ready "$name" || still+=("$name")
            [ $(($(process_crashes "$name") - before[$name])) -lt 4 ] || process_broken "$name" "keeps ending at its start"
        done
        waiting=("${still[@]}")
        [ ${#waiting[@]} -gt 0 ] || break
        if [ $((SECONDS - began)) -ge $((told + 10)) ]; then
            told=$((SECONDS - began))
            say "  $told s  waiting for ${waiting[*]}: $(process_ask "${waiting[0]}" readyz | tr '\n' ' ' | cut -c1-120)"
        fi
        [ $((SECONDS - began)) -lt 90 ] || process_broken "${waiting[0]}" "is not ready after 90 seconds"
        sleep 0.1
    done
}

process_broken() {
    process_ask "$1" readyz | sed 's/^/  | /' >&2
    log_show "$VAR/log/$1.log" 5
    die "$1 $2: the lines above tell why; put that right and run ./djembe up again."
}

# process_ask NAME PAGE: what the daemon says on its admin port, with any status.
process_ask() {
    curl -s --noproxy '*' -m 3 "http://127.0.0.1:${ADMIN_PORT[$1]}/$2" || true
}

process_ready() {
    [ -n "$(process_pid "$1")" ] && curl -fs --noproxy '*' -m 3 -o /dev/null "http://127.0.0.1:${ADMIN_PORT[$1]}/readyz"
}

# Stops those named: faces first, the database last, those that do not need each other together.
processes_down() {
    local group name
    for group in "web tracker auditor" "ratio catalog" "postgresql"; do
        for name in $group; do
            [[ " $1 " != *" $name "* ]] || process_stop_begin "$name"
        done
        for name in $group; do
            [[ " $1 " != *" $name "* ]] || process_stop_end "$name"
        done
    done
}

process_stop() {
    process_stop_begin "$1"
    process_stop_end "$1"
}

# Signals go out as the instance's user, so that a wrong number in a pid file can hurt nobody else.
process_stop_begin() {
    local pid
    pid=$(process_pid "$1" supervisor)
    [ -n "$pid" ] || pid=$(process_pid "$1")
    [ -n "$pid" ] || return 0
    say "Stopping $1"
    CHANGED=yes
    as_owner kill -s "$([ "$1" = postgresql ] && [ -z "$(process_pid "$1" supervisor)" ] && echo INT || echo TERM)" "$pid" 2>/dev/null || true
}

process_stop_end() {
    local patience=20 pid kind
    [ "$1" != postgresql ] || patience=120
    wait_until "$patience" process_gone "$1" && return
    say "$1 did not stop within $patience seconds: killing it"
    for kind in supervisor pid; do
        pid=$(process_pid "$1" "$kind")
        [ -z "$pid" ] || as_owner kill -s KILL "$pid" 2>/dev/null || true
    done
    wait_until 10 process_gone "$1" || die "$1 cannot be stopped: look what holds its process."
}

process_gone() {
    [ -z "$(process_pid "$1" supervisor)$(process_pid "$1")" ]
}
