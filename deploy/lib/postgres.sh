# The instance's own PostgreSQL: a cluster in its folder, reached by a Unix socket alone. With DJEMBE_DATABASE set there is none.

postgres_wanted() {
    [ -z "${DJEMBE_DATABASE:-}" ]
}

postgres_bin() {
    local newest
    newest=$(find /usr/lib/postgresql -maxdepth 1 -mindepth 1 2>/dev/null | sort -V | tail -n 1)
    [ -x "$newest/bin/postgres" ] || die "PostgreSQL's programs are missing: run  apt-get install postgresql-15"
    echo "$newest/bin"
}

# The folder of the socket. A socket's path must be shorter than 108 bytes: a long DJEMBE_VAR gets a short folder in /tmp, which
# the link run/socket remembers.
postgres_socket() {
    if [ ${#VAR} -le 80 ]; then echo "$VAR/run"; else readlink -f "$VAR/run/socket"; fi
}

postgres_socket_make() {
    [ ${#VAR} -gt 80 ] && [ ! -d "$VAR/run/socket" ] || return 0
    as_owner ln -sfn "$(as_owner mktemp -d /tmp/djembe-XXXXXX)" "$VAR/run/socket"
}

# Makes the cluster: beside its place first, so that an interrupted start leaves none that is half made.
postgres_make() {
    [ ! -f "$VAR/postgres/PG_VERSION" ] || return 0
    local bin making=$VAR/state/postgres.making
    bin=$(postgres_bin)
    disk_need "$VAR" 300 "the database"
    as_owner rm -rf "$making"
    (cd "$VAR" && run_long "Making the database" "$VAR/postgres.log" as_owner "$bin/initdb" --pgdata "$making" --username djembe \
        --auth-local trust --auth-host reject --encoding UTF8 --locale C.UTF-8 --data-checksums) || {
        log_show "$VAR/postgres.log"
        disk_need "$VAR" 300 "the database"
        die "The database could not be made: $VAR/postgres.log tells why."
    }
    as_owner tee -a "$making/postgresql.conf" >/dev/null <<'TEXT'

# Djembe's: the socket's folder is given on the command line. Durability is PostgreSQL's default: on.
listen_addresses = ''
unix_socket_permissions = 0700
log_line_prefix = '%m [%p] '
min_wal_size = 32MB
TEXT
    mv "$making" "$VAR/postgres"
    rm -f "$VAR/postgres.log"
    CHANGED=yes
}

# postgres_ask SQL: one value, as the instance's superuser.
postgres_ask() {
    local socket
    socket=$(postgres_socket)
    (cd "$VAR" && as_owner "$(postgres_bin)/psql" -XAtq -h "$socket" -U djembe -d postgres -c "$1" 2>/dev/null)
}

postgres_answers() {
    [ "$(postgres_ask 'SELECT 1')" = 1 ]
}

postgres_database_make() {
    [ "$(postgres_ask "SELECT count(*) FROM pg_database WHERE datname = 'djembe'")" = 0 ] || return 0
    postgres_ask "CREATE DATABASE djembe" || die "The database djembe could not be made: ./djembe logs postgresql"
    CHANGED=yes
}

postgres_prompt() {
    if ! postgres_wanted; then
        exec psql "$DJEMBE_DATABASE" "$@"
    fi
    settings_need
    postgres_answers || die "PostgreSQL does not run: ./djembe up postgresql"
    local socket
    socket=$(postgres_socket)
    exec "$(postgres_bin)/psql" -h "$socket" -U djembe -d djembe "$@"
}
