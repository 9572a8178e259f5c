# Builds the programs, in build/<preset>, and copies what runs into the instance, so that a later build disturbs nothing.

PROGRAMS="djembe-tracker djembe-web djembe-catalog djembe-ratio djembe-admin"
readonly PROGRAMS

# Everybody who builds the same in this checkout takes turns.
build_lock() {
    mkdir -p "$ROOT/build" 2>/dev/null || die "The folder $ROOT/build cannot be made: run this as the owner of $ROOT."
    exec {BUILD_LOCK}>>"$ROOT/build/$DJEMBE_BUILD.lock" || die "The folder $ROOT/build belongs to somebody else: run this as its owner."
    if ! flock -n "$BUILD_LOCK"; then
        say "Another build is under way here: waiting for it"
        flock "$BUILD_LOCK"
    fi
}

build_unlock() {
    exec {BUILD_LOCK}>&-
}

# build_programs [TARGET...]: the programs of $DJEMBE_BUILD (all targets when `all` is said).
build_programs() {
    local folder=$ROOT/build/$DJEMBE_BUILD log=$ROOT/build/$DJEMBE_BUILD.log
    local targets
    read -ra targets <<<"${1:-$PROGRAMS}"
    [ "${DJEMBE_NO_BUILD:-}" != 1 ] || return 0
    build_lock
    if [ ! -f "$folder/build.ninja" ]; then
        disk_need "$ROOT" 600 "the build"
        run_long "Configuring the build ($DJEMBE_BUILD)" "$log" cmake -S "$ROOT" --preset "$DJEMBE_BUILD" || {
            rm -f "$folder/CMakeCache.txt"
            build_failed "$log" "The build could not be configured"
        }
        CHANGED=yes
    fi
    run_silently "Building ($DJEMBE_BUILD)" "$log" ninja -C "$folder" "${targets[@]}" || build_failed "$log" "The build failed"
    build_unlock
}

build_failed() {
    grep -E -A4 'error:|Error|FAILED' "$1" | sed -n '1,20s/^/  | /p' >&2 || true
    disk_need "$ROOT" 20 "the build"
    die "$2: $1 has all of it."
}

# Copies the programs that differ into the instance. Renamed into place: what runs keeps its own file.
programs_take() {
    local name from=$ROOT/build/$DJEMBE_BUILD/bin
    for name in $PROGRAMS; do
        [ -x "$from/$name" ] || die "There is no $from/$name: run this again without DJEMBE_NO_BUILD."
        file_take "$from/$name" "$VAR/bin/$name"
    done
}

file_take() {
    cmp -s "$1" "$2" && return
    disk_need "$VAR" 50 "the programs"
    install -m 755 "$1" "$2.new" && mv "$2.new" "$2" || die "The program $2 cannot be written: look at the rights and the room of $VAR."
    CHANGED=yes
}

# The bus certificates; those that are there stay.
keys_make() {
    local name
    for name in $SERVICES auditor admin; do
        [ -s "$VAR/keys/$name.key" ] && [ -s "$VAR/keys/$name.key_secret" ] && continue
        say "Making the keys of the bus"
        as_owner "$VAR/bin/djembe-admin" keys "$VAR/keys" >/dev/null || die "The keys could not be made in $VAR/keys."
        CHANGED=yes
        return
    done
}
