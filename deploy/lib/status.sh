# `./djembe status`: one row a process, and an exit status that says whether all is well.

status() {
    local name well=yes format='%-11s %-11s %8s %9s %6s %9s  %-9s %s\n'
    settings_need
    # shellcheck disable=SC2059
    printf "$format" PROCESS STATE PID UPTIME PORT MEMORY VERSION "LAST ERROR"
    for name in $PROCESSES; do
        process_wanted "$name" || continue
        status_row "$name"
        [ "$STATE" = up ] || well=no
        # shellcheck disable=SC2059
        printf "$format" "$name" "$STATE" "${PID:--}" "$UPTIME" "$PORT" "$MEMORY" "$VERSION" "$ERROR"
    done
    [ $well = yes ]
}

# Fills STATE PID UPTIME PORT MEMORY VERSION ERROR.
status_row() {
    local name=$1 health code
    PID=$(process_pid "$name") UPTIME=- MEMORY=- VERSION=- ERROR=""
    PORT=$(process_ports "$name" | sed -n '1s, .*,,p')
    PORT=${PORT:-socket}
    if [ -n "$PID" ]; then
        UPTIME=$(status_uptime "$PID")
        MEMORY=$(status_memory "$PID")
        VERSION=$(status_version "$name")
    fi
    if [ -z "$(process_pid "$name" supervisor)" ]; then
        STATE=down
        [ -z "$PID" ] || STATE=unguarded ERROR="its supervisor was killed: ./djembe up puts that right"
        return
    fi
    if [ "$name" = postgresql ]; then
        postgres_answers && STATE=up || STATE=starting
    else
        health=$(curl -s --noproxy '*' -m 3 -w '\n%{http_code}' "http://127.0.0.1:${ADMIN_PORT[$name]}/healthz" || true)
        code=${health##*$'\n'}
        case $code in
        200) STATE=up ;;
        503) STATE=unwell ERROR=$(status_complaint "${health%$'\n'*}") ;;
        *) STATE=starting ;;
        esac
        [ -n "$ERROR" ] || ERROR=$(status_last_error "${health%$'\n'*}")
    fi
    status_crashes "$name"
}

# How long, from the ticks since boot at which the process started.
status_uptime() {
    local stat fields up seconds
    stat=$(</proc/"$1"/stat) 2>/dev/null || return 0
    read -ra fields <<<"${stat##*) }"
    read -r up _ </proc/uptime
    seconds=$((${up%.*} - fields[19] / $(getconf CLK_TCK)))
    if [ $seconds -ge 86400 ]; then
        echo "$((seconds / 86400))d$((seconds % 86400 / 3600))h"
    elif [ $seconds -ge 3600 ]; then
        echo "$((seconds / 3600))h$((seconds % 3600 / 60))m"
    elif [ $seconds -ge 60 ]; then
        echo "$((seconds / 60))m$((seconds % 60))s"
    else
        echo "${seconds}s"
    fi
}

# The process and its children, shared pages counted once.
status_memory() {
    local kib=0
    local children pid files=("/proc/$1/smaps_rollup")
    read -ra children 2>/dev/null <"/proc/$1/task/$1/children" || true
    for pid in "${children[@]}"; do files+=("/proc/$pid/smaps_rollup"); done
    # shellcheck disable=SC2016
    kib=$(as_owner awk '$1 == "Pss:" { sum += $2 } END { print sum + 0 }' "${files[@]}" 2>/dev/null) || true
    if [ "${kib:-0}" -gt 0 ]; then
        echo "$((kib / 1024)).$((kib % 1024 * 10 / 1024)) MiB"
    else
        awk '$1 == "VmRSS:" { printf "%.1f MiB", $2 / 1024 }' "/proc/$1/status" 2>/dev/null || echo -
    fi
}

status_version() {
    if [ "$1" = postgresql ]; then
        "$(postgres_bin)/postgres" --version | awk '{ print $3 }'
    else
        process_command "$1"
        "${COMMAND[@]}" --version 2>/dev/null | awk 'NR == 1 { print $NF }'
    fi
}

# The first check on /healthz that is not well.
status_complaint() {
    sed -n '/^fail /{s///p;q}' <<<"$1"
}

status_last_error() {
    sed -nE 's/^note last error at //p' <<<"$1"
}

status_crashes() {
    local count when code
    read -r count when code 2>/dev/null <"$VAR/run/$1.crashes" || return 0
    [ -n "$PID" ] || STATE=restarting
    ERROR="ended by itself ($count×), last $(date -d "@$when" '+%F %T') with status $code${ERROR:+; $ERROR}"
}
