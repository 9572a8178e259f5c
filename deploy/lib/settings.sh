# What an instance is made of: its folder, its user, its ports, and the settings that were given to it. Knows no process.

SERVICES="catalog ratio web tracker"
PROCESSES="postgresql $SERVICES auditor"
SYSTEM_USER=djembe
readonly SERVICES PROCESSES SYSTEM_USER
CHANGED=no

# Settings: what the environment says, else djembe.conf, else the defaults below.
settings_read() {
    GIVEN_VAR=$(realpath -ms -- "${DJEMBE_VAR:-$ROOT/var}")
    VAR=$(readlink -m -- "$GIVEN_VAR")
    GIVEN=$(compgen -e | grep -E '^DJEMBE_' | grep -Ev '^DJEMBE_(VAR|BUILD|NO_BUILD|TEST_.*|FUZZ_.*)$' || true)
    conf_read
    OFFSET=${DJEMBE_PORT_OFFSET:-0}
    [[ $OFFSET =~ ^[0-9]{1,5}$ ]] && [ "$OFFSET" -le 55000 ] ||
        die "DJEMBE_PORT_OFFSET is \"$OFFSET\": give a number from 0 to 55000, best a multiple of 100."
    case ${DJEMBE_BUILD:=release} in
    release | asan) ;;
    *) die "DJEMBE_BUILD is \"$DJEMBE_BUILD\": it is release or asan." ;;
    esac
    if [ "$(id -u)" = 0 ]; then OWNER=$SYSTEM_USER; else OWNER=$(id -un); fi
    ports_set
    addresses_set
}

ports_set() {
    WEB_PORT=$((8080 + OFFSET))
    TRACKER_PORT=$((6969 + OFFSET))
    AUDITOR_PORT=$((6970 + OFFSET))
    declare -gA ADMIN_PORT=([tracker]=$((9101 + OFFSET)) [web]=$((9102 + OFFSET)) [catalog]=$((9103 + OFFSET)) [ratio]=$((9104 + OFFSET)) [auditor]=$((9105 + OFFSET)))
    declare -gA BUS_PORT=([catalog]=$((5551 + OFFSET)) [ratio]=$((5552 + OFFSET)) [web]=$((5553 + OFFSET)) [tracker]=$((5554 + OFFSET)))
}

# Public faces listen on DJEMBE_LISTEN; the bus and the admin ports never leave this machine.
addresses_set() {
    local name host
    : "${DJEMBE_LISTEN:=127.0.0.1}"
    host=$DJEMBE_LISTEN
    if [[ $host =~ ^(0\.0\.0\.0|::|\[::\])$ ]]; then
        host=$(hostname -I 2>/dev/null | cut -d' ' -f1)
        host=${host:-127.0.0.1}
    fi
    [[ $host != *:* || $host == \[* ]] || host="[$host]"
    local listen=$DJEMBE_LISTEN
    [[ $listen != *:* || $listen == \[* ]] || listen="[$listen]"
    : "${DJEMBE_WEB_LISTEN:=$listen:$WEB_PORT}" "${DJEMBE_TRACKER_LISTEN:=$listen:$TRACKER_PORT}"
    : "${DJEMBE_WEB_URL:=http://$host:$WEB_PORT}" "${DJEMBE_ANNOUNCE_URL:=http://$host:$TRACKER_PORT}"
    : "${DJEMBE_AUDITOR_LISTEN:=$listen:$AUDITOR_PORT}" "${DJEMBE_AUDITOR_ADDRESS:=$host:${DJEMBE_AUDITOR_LISTEN##*:}}"
    DJEMBE_WEB_URL=${DJEMBE_WEB_URL%/}
    DJEMBE_ANNOUNCE_URL=${DJEMBE_ANNOUNCE_URL%/}
    for name in $SERVICES; do
        endpoint_set "DJEMBE_${name^^}" "${BUS_PORT[$name]}"
    done
}

endpoint_set() {
    [ -n "${!1-}" ] || declare -g "$1=tcp://127.0.0.1:$2"
}

# djembe.conf: a NAME=VALUE a line, the value as it stands. The environment goes first.
conf_read() {
    local line name
    [ -r "$VAR/djembe.conf" ] || return 0
    while IFS= read -r line; do
        name=${line%%=*}
        if [[ $line =~ ^DJEMBE_[A-Z_]+= ]] && [ -z "${!name+given}" ]; then
            export "$name=${line#*=}"
        fi
    done <"$VAR/djembe.conf"
}

# Keeps what the environment gave, so that the next call needs it no more.
conf_keep() {
    local file=$VAR/djembe.conf name lines=""
    [ ! -r "$file" ] || lines=$(<"$file")
    for name in $GIVEN; do
        lines=$(printf '%s\n' "$lines" | grep -v "^$name=" || true)
        lines+=$'\n'"$name=${!name}"
    done
    [ -n "$lines" ] || return 0
    [ ! -r "$file" ] || [ "$(sort "$file")" != "$(printf '%s\n' "$lines" | grep . | sort)" ] || return 0
    (umask 077 && printf '%s\n' "$lines" | grep . >"$file.new" && mv "$file.new" "$file")
}

# as_owner COMMAND...: runs it as the unprivileged user that owns the instance.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid="$OWNER" --regid="$OWNER" --init-groups -- "$@"
    else
        "$@"
    fi
}

user_is_there() {
    getent passwd "$SYSTEM_USER" >/dev/null && getent group "$SYSTEM_USER" >/dev/null
}

# One at a time on this machine: useradd looks whether there is such a user before it takes its own lock.
user_make() {
    [ "$(id -u)" = 0 ] && ! user_is_there || return 0
    local lock
    exec {lock}>/run/djembe-user.lock
    flock "$lock"
    user_add
    exec {lock}>&-
}

user_add() {
    ! user_is_there || return 0
    say "Making the system user $SYSTEM_USER, which runs the daemons"
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$SYSTEM_USER" ||
        die "The system user $SYSTEM_USER could not be made: make it by hand (useradd --system $SYSTEM_USER) and run this again."
    CHANGED=yes
}

# Makes the instance's folder and what is in it. The owner must be able to go in: when it cannot (a checkout below /root), the
# data goes to /var/lib/djembe and DJEMBE_VAR becomes a link to it.
settings_make() {
    user_make
    disk_need "$VAR" 300 "an instance"
    if [ ! -d "$VAR" ]; then
        mkdir -p "$VAR" 2>/dev/null || die "The folder $VAR cannot be made: choose another with DJEMBE_VAR=/some/folder."
        CHANGED=yes
    fi
    [ ! -O "$VAR" ] || chmod 755 "$VAR"
    as_owner test -x "$VAR" || var_move
    local folder
    [ -d "$VAR/bin" ] || install -d -m 755 "$VAR/bin"
    for folder in keys log run state state/tracker state/web state/catalog state/ratio state/auditor; do
        folder_make "$VAR/$folder"
    done
    conf_keep
}

folder_make() {
    [ ! -d "$1" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        install -d -m 700 -o "$OWNER" -g "$OWNER" "$1"
    else
        install -d -m 700 "$1"
    fi || die "The folder $1 cannot be made: look at the rights of $VAR."
}

var_move() {
    rmdir "$VAR" 2>/dev/null ||
        die "The user $OWNER cannot enter $VAR: give it the right (chmod o+x on the folders above) or choose another DJEMBE_VAR."
    install -d -m 755 /var/lib/djembe
    VAR=$(mktemp -d "/var/lib/djembe/$(basename "$(dirname "$GIVEN_VAR")")-XXXXXX")
    chmod 755 "$VAR"
    ln -s "$VAR" "$GIVEN_VAR" || die "The link $GIVEN_VAR cannot be made: choose another DJEMBE_VAR."
    say "$OWNER cannot enter $(dirname "$GIVEN_VAR"), so the data goes to $VAR and $GIVEN_VAR is a link to it"
}

# For commands that need an instance that was made before.
settings_need() {
    [ -d "$VAR/run" ] || die "There is no instance in $GIVEN_VAR yet: run ./djembe up first."
}

# One up, down or restart at a time in an instance. Held until the script ends.
instance_lock() {
    exec {INSTANCE_LOCK}>"$VAR/lock" || die "The instance in $VAR belongs to somebody else: run this as its owner."
    flock -n "$INSTANCE_LOCK" && return
    say "Another ./djembe is at work on this instance: waiting for it"
    flock -w 900 "$INSTANCE_LOCK" || die "It is still at work after 15 minutes: look what it does, then run this again."
}
