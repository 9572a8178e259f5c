# Debian's packages: which are needed (deploy/packages.txt), which are missing, how they come.

# packages_listed WHEN...: the names of the list for those occasions.
packages_listed() {
    local when
    for when; do
        awk -v when="$when" '$1 !~ /^#/ && $2 == when { print $1 }' "$ROOT/deploy/packages.txt"
    done
}

# A program of a package's name that came in another way (nodejs with its own npm, say) counts as the package.
packages_missing() {
    local installed name
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p')
    for name in $(packages_listed "$@"); do
        grep -qxF -- "$name" <<<"$installed" || command -v "$name" >/dev/null 2>&1 || echo "$name"
    done
}

system_check() {
    local ID="" ID_LIKE="" VERSION_ID="" PRETTY_NAME="this system"
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || source /etc/os-release
    [[ " $ID $ID_LIKE " == *" debian "* ]] && command -v dpkg-query >/dev/null ||
        die "This is $PRETTY_NAME, and ./djembe sets up Debian 12: use a Debian 12 machine or container, or deploy/docker-compose.yml."
    [ "$ID$VERSION_ID" = debian12 ] || say "This is $PRETTY_NAME; Djembe is made for Debian 12, so package names may differ"
}

# packages_need WHEN...: installs what is missing; with nothing missing it needs neither root nor network.
packages_need() {
    local missing log=/var/log/djembe-install.log
    [ "${DJEMBE_NO_BUILD:-}" != 1 ] || return 0
    system_check
    missing=$(packages_missing "$@" | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    [ "$(id -u)" = 0 ] ||
        die "These packages are missing and only root may install them: run  sudo apt-get install $missing"
    disk_need /usr 1500 "the installation of packages"
    run_long "Installing packages: $missing" "$log" packages_install "$missing" && CHANGED=yes && return 0
    log_show "$log" 4
    disk_need /usr 1500 "the installation of packages"
    if grep -qE 'Temporary failure resolving|Could not connect|Network is unreachable|Connection timed out|Unable to locate' "$log"; then
        die "No package server can be reached, and these are missing: $missing- connect this machine to the network, or set its sources in /etc/apt, and run this again."
    fi
    die "The packages could not be installed ($log tells why): put that right and run this again."
}

packages_install() {
    local quiet=(-y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2)
    export DEBIAN_FRONTEND=noninteractive
    [ -z "$(dpkg --audit)" ] || dpkg --configure -a || return
    apt-get "${quiet[@]}" update || return
    # PostgreSQL's package would start a server of its own on port 5432: not while it is installed from here.
    local hush=/etc/postgresql-common/createcluster.d/djembe.conf code=0
    if ! dpkg-query -W postgresql-common >/dev/null 2>&1; then
        mkdir -p "$(dirname "$hush")" && echo "create_main_cluster = false" >"$hush"
    fi
    # shellcheck disable=SC2086
    apt-get "${quiet[@]}" --no-install-recommends install $1 || code=$?
    rm -f "$hush"
    return $code
}
