#!/usr/bin/env bash
# What scripts ask of the machine that they run on: a program that may be missing, its Debian mirror, Go. Sourced by tools/in_root,
# tools/go_program and test/cluster/kube; each sets $cache first.
# shellcheck disable=SC2154

say() { printf 'vigil: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_administrator() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
    elif command -v sudo >/dev/null && [ -t 0 ]; then sudo "$@"
    else return 1; fi
}

# One at a time: apt refuses a second one. Another's (unattended upgrades) is waited for.
need() { # program, package
    command -v "$1" >/dev/null && return 0
    local lock
    exec {lock}>"$cache/apt.lock"
    flock "$lock"
    if ! command -v "$1" >/dev/null; then
        say "installing $2"
        { as_administrator env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $2" >"$cache/apt.log" 2>&1; } ||
            die "$1 is missing and could not be installed; run: apt-get install $2 (what was tried is in $cache/apt.log)"
    fi
    exec {lock}>&-
}

# The first http(s) mirror of the host's own Debian sources serves trixie too.
mirror() {
    local found
    found=$({ sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources
              sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' /etc/apt/sources.list; } 2>/dev/null | grep -E '^https?://' | grep -v security | head -1)
    [ -n "$found" ] || die "no Debian mirror is named in /etc/apt; add one line such as: deb MIRROR trixie main"
    printf '%s' "$found"
}

# Prints the path of the Go compiler, or nothing.
find_go() { command -v go || { [ -x /usr/local/go/bin/go ] && echo /usr/local/go/bin/go; } || true; }
