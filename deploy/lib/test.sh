# `./djembe test`: builds with the sanitizers, runs every kind of test, and counts.

TEST_NAMES="format gcc unit integration clients browser chaos fuzz model docker tidy"
TEST_FILES=$(($(nproc) * 5 / 2))                         # at a time, for they wait more than they work
TEST_QUICK="format gcc unit integration clients browser" # what `./djembe test` runs without a name
readonly TEST_NAMES TEST_QUICK TEST_FILES
PASSED=0 FAILED=0 FAILING=()

# tests_run [NAME or FILE] [ARGUMENTS for the test runner...]
tests_run() {
    local names=${1:-$TEST_QUICK} results=$ROOT/build/results name began=$SECONDS
    [ $# -eq 0 ] || shift
    case $names in
    *.py) set -- "$(realpath "$names")" "$@" && names=integration ;;
    *.mjs) set -- "$(realpath "$names")" "$@" && names=browser ;;
    esac
    for name in $names; do
        [[ " $TEST_NAMES " == *" $name "* ]] || die "There are no tests called $name: it is one of $TEST_NAMES, or a test's file."
    done
    tests_environment
    packages_need run build test
    mkdir -p "$results"
    if [ "$names" = "$TEST_QUICK" ]; then
        tests_side_by_side "$results"
    else
        tests_kinds "$names" "$@"
    fi
    say ""
    [ ${#FAILING[@]} -eq 0 ] || printf 'failed: %s\n' "${FAILING[@]}"
    say "in $(((SECONDS - began) / 60)) min $(((SECONDS - began) % 60)) s"
    say "$PASSED passed, $FAILED failed"
    [ "$FAILED" -eq 0 ]
}

# tests_kinds NAMES [ARGUMENTS for the test runner...]: one after the other.
tests_kinds() {
    local names=$1 name
    shift
    for name in $names; do
        say ""
        say "== $name"
        if tests_prepare "$name"; then "test_$name" "$@"; else test_count 0 1 "$name could not be prepared"; fi
    done
}

# In lanes, so that some work while others wait; what those beside the first say comes when they are through.
tests_side_by_side() {
    local lanes=("format unit gcc" browser) beside=$1/beside i counts
    tests_prepare unit || true # once, and not by all at a time: who needs it says what is amiss
    for i in "${!lanes[@]}"; do
        (
            trap - INT
            tests_kinds "${lanes[i]}"
            printf '%s\n' "$PASSED" "$FAILED" "${FAILING[@]}" >"$beside$i.counts"
        ) >"$beside$i.txt" 2>&1 &
    done
    tests_kinds "integration clients"
    wait
    for i in "${!lanes[@]}"; do
        cat "$beside$i.txt"
        mapfile -t counts <"$beside$i.counts"
        PASSED=$((PASSED + counts[0])) FAILED=$((FAILED + counts[1])) FAILING+=("${counts[@]:2}")
    done
}

# The tests start instances of their own: nothing of the caller's instance may reach them.
tests_environment() {
    local name
    for name in $(compgen -v | grep -E '^DJEMBE_' | grep -Ev '^DJEMBE_(TEST|FUZZ)_'); do unset "$name"; done
    export DJEMBE_BUILD=asan PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 # a browser and a shell that know UTF-8
    DJEMBE_NO_BUILD=""
}

# What a kind of test needs before it can run; in a subshell, for what goes wrong here ends only this kind.
tests_prepare() (
    case $1 in
    format | gcc) return ;;
    docker)
        command -v docker >/dev/null && command -v docker-compose >/dev/null ||
            die "The docker tests need docker and docker-compose: apt-get install docker.io docker-compose"
        docker info >/dev/null 2>&1 || die "No Docker engine answers: start one (systemctl start docker), then run this again."
        ;;
    *)
        [ "$1" != unit ] && [ "$1" != browser ] || npm_install
        build_programs all
        ;;
    esac
)

# The packages of package-lock.json, once for each state of that file.
npm_install() {
    local folder=$ROOT/tests/browser
    [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] && return
    run_long "Installing the browser tests' npm packages" "$ROOT/build/npm.log" npm --prefix "$folder" ci --no-audit --no-fund && return
    log_show "$ROOT/build/npm.log" 5
    die "The npm packages could not be installed: is the network there? $ROOT/build/npm.log has all of it."
}

# test_count PASSED FAILED WHAT
test_count() {
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    [ "$2" -eq 0 ] || FAILING+=("$3")
}

# test_step WHAT COMMAND...: one that passes or fails as a whole.
test_step() {
    local what=$1
    shift
    if "$@"; then
        say "  ok  $what"
        test_count 1 0 "$what"
    else
        say "  FAILED  $what"
        test_count 0 1 "$what"
    fi
}

# test_junit WHAT FILE STATUS: adds up what a runner wrote there; a runner that wrote nothing has failed.
test_junit() {
    local tests failures errors skipped
    if [ ! -s "$2" ]; then
        test_count 0 1 "$1 (its runner ended with status $3)"
        return
    fi
    tests=$(junit_number tests "$2") failures=$(junit_number failures "$2")
    errors=$(junit_number errors "$2") skipped=$(junit_number skipped "$2")
    [ "$3" -eq 0 ] || [ $((failures + errors)) -gt 0 ] || errors=1
    test_count $((tests - failures - errors - skipped < 0 ? 0 : tests - failures - errors - skipped)) $((failures + errors)) "$1"
}

junit_number() {
    local found
    found=$(grep -o "\b$1=\"[0-9]*\"" "$2" | sed -n 1p | tr -dc 0-9)
    echo "${found:-0}"
}

test_format() {
    test_step "clang-format" format_check
    test_step "shellcheck" shellcheck -x -P "$ROOT" "$ROOT/djembe" "$ROOT"/deploy/lib/*
    test_step "lines of Python" lines_check
}

# Shows those that are too long.
lines_check() {
    ! grep -rnE --include='*.py' --include=announce --exclude-dir=node_modules '.{141}' "$ROOT/tests"
}

# gcc, which `./djembe up` and the images build with, warns of other things than clang does, of some only when it optimizes.
test_gcc() {
    test_step "gcc's warnings" gcc_check
}

gcc_check() (
    DJEMBE_BUILD=gcc build_programs
)

# Names the files that `clang-format -i` would change.
format_check() {
    sources_listed | xargs clang-format-14 --dry-run -Werror 2>&1 | sed -nE 's|^([^:]+):[0-9]+:[0-9]+: error: .*|  clang-format-14 -i \1|p' | sort -u | tee "$ROOT/build/results/format.txt"
    [ ! -s "$ROOT/build/results/format.txt" ]
}

sources_listed() {
    find "$ROOT/proto" "$ROOT/services" "$ROOT/tests" -name node_modules -prune -o \( -name '*.c' -o -name '*.h' \) -print
}

test_ctest() {
    local what=$1 pattern=$2 xml=$ROOT/build/results/$1.xml code=0
    shift 2
    rm -f "$xml"
    ctest --test-dir "$ROOT/build/asan" -R "$pattern" -j "$TEST_FILES" --timeout 900 --output-on-failure --output-junit "$xml" "$@" || code=$?
    test_junit "$what" "$xml" "$code"
}

# With the fuzz targets for a second each; DJEMBE_FUZZ_SECONDS says how many.
test_unit() {
    test_ctest unit "^unit/$([ $# -gt 0 ] || echo '|^fuzz/')" "$@"
}

test_fuzz() {
    export DJEMBE_FUZZ_SECONDS=${DJEMBE_FUZZ_SECONDS:-60}
    test_ctest fuzz '^fuzz/' "$@"
}

# The default tests look at random histories of the ratio rules for three seconds.
test_model() {
    export DJEMBE_TEST_MODEL_SECONDS=${DJEMBE_TEST_MODEL_SECONDS:-3600}
    test_ctest model '^unit/ratio/rules_model$' --timeout $((DJEMBE_TEST_MODEL_SECONDS + 600)) "$@"
}

# test_pytest WHAT FOLDER [ARGUMENTS...]: a file among the arguments stands for the folder. Files run side by side.
test_pytest() {
    local what=$1 folder=$2 xml=$ROOT/build/results/$1.xml code=0 word
    shift 2
    for word; do [ ! -e "${word%%::*}" ] || folder=""; done
    if [ -n "$folder" ] && [ -z "$(find "$folder" -name 'test_*.py' 2>/dev/null | sed -n 1p)" ]; then
        say "  none yet"
        return
    fi
    rm -f "$xml"
    DJEMBE_NO_BUILD=1 /usr/bin/python3 -m pytest -p no:cacheprovider -ra --durations=5 -n "$TEST_FILES" --dist loadfile --junitxml="$xml" ${folder:+"$folder"} "$@" || code=$?
    [ $code -ne 5 ] || return 0 # no test has that name
    test_junit "$what" "$xml" "$code"
}

test_integration() {
    test_pytest integration "$ROOT/tests/integration" "$@"
}

# The default tests kill five times.
test_chaos() {
    export DJEMBE_TEST_KILLS=${DJEMBE_TEST_KILLS:-50}
    test_pytest chaos "$ROOT/tests/integration/test_tracker_chaos.py" -s -n 0 "$@"
}

test_clients() {
    test_pytest clients "$ROOT/tests/clients" "$@"
}

test_docker() {
    test_pytest docker "$ROOT/tests/docker" "$@"
}

test_browser() {
    local log=$ROOT/build/results/browser.tap code=0 passed failed
    rm -f "$log"
    browser_run "$log" "$@" || code=$?
    passed=$(browser_number 'pass' "$log") failed=$(browser_number 'fail\|cancelled' "$log")
    [ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    test_count "$passed" "$failed" browser
}

browser_number() {
    [ ! -r "$2" ] || sed -n "s/^# \($1\) //p" "$2" | awk '{ n += $1 } END { print n + 0 }'
    [ -r "$2" ] || echo 0
}

# One instance of their own is up while they run: DJEMBE_TEST_WEB_URL and DJEMBE_TEST_INVITATION tell them of it.
browser_run() (
    local log=$1 folder offset=20000 files=("$ROOT"/tests/browser/*.test.mjs)
    shift
    [ $# -eq 0 ] || [ ! -e "$1" ] || { files=("$1") && shift; }
    folder=$(mktemp -d /tmp/djembe-browser-XXXXXX)
    chmod 755 "$folder"
    while [ -n "$(port_holder $((8080 + offset)))$(port_holder $((5551 + offset)))" ]; do offset=$((offset + 100)); done
    export DJEMBE_VAR=$folder/var DJEMBE_PORT_OFFSET=$offset DJEMBE_NO_BUILD=1
    trap '"$ROOT/djembe" down >/dev/null; rm -rf "$folder"' EXIT
    "$ROOT/djembe" up | tee "$folder/up.txt" || exit
    DJEMBE_TEST_WEB_URL=$(sed -n 's/^  Pages *//p' "$folder/up.txt")
    DJEMBE_TEST_INVITATION=$(sed -n 's/^  \(http.*\)/\1/p' "$folder/up.txt")
    export DJEMBE_TEST_WEB_URL DJEMBE_TEST_INVITATION
    node --test --test-concurrency=1 --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$log" "$@" "${files[@]}" || exit
    "$ROOT/djembe" down >/dev/null
    ! grep -E 'AddressSanitizer|LeakSanitizer|runtime error:|Assertion' "$DJEMBE_VAR"/log/*.log
)

# clang-tidy over the daemons; takes minutes, so it is not among the quick ones.
test_tidy() {
    test_step "clang-tidy" run-clang-tidy-14 -quiet -p "$ROOT/build/asan" "$ROOT/(proto|services)/.*\.c\$"
}
