#!/usr/bin/env bash
# What the steps of the delivery share: their settings, how they speak, and where the programs are. Sourced by each of them.
#
# Settings, by the environment; times are seconds:
#   IMAGES      where images are pushed and pulled: docker.io/USER, or HOST[:PORT]/PATH
#   NAMESPACE   production (vigil)               BESIDE      where a release is tried out (vigil-beside)
#   COMMIT      of the image (this checkout's)   RELEASE_TAG what a promoted image is called (COMMIT)
#   BUILDER     make: deploy/images/make; docker: the Dockerfile (make)
#   READY_S     until all beside is ready (300)  SMOKE_S     how long the smoke test sends (10)
#   ROLL_OUT_S  until the new pods are (300)     VERIFY_S    how long production is watched afterwards (300)
#   LOCK_S      a run that is silent for so long is dead (60)      WAIT_S      how long to wait for another run (3600)
#   ANSWER_MS   95 of 100 blocks are answered within (500)         FRESH_S     sent, scored, shown, stored within (10)
#   REFUSED     share of answers that may be 5xx (0.001)
#   SIGNING_PUBLIC_KEY   file: nothing is applied that this key did not sign (none: it is said, and nothing is checked)
#   CRANE       the program (that of tools/crane)
# shellcheck disable=SC2034
delivery=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$delivery/../.." && pwd)
: "${NAMESPACE:=vigil}" "${BESIDE:=vigil-beside}" "${BUILDER:=make}" "${READY_S:=300}" "${SMOKE_S:=10}" "${ROLL_OUT_S:=300}" "${VERIFY_S:=300}" "${LOCK_S:=60}"
: "${WAIT_S:=3600}" "${ANSWER_MS:=500}" "${FRESH_S:=10}" "${REFUSED:=0.001}" "${SIGNING_PUBLIC_KEY:=}"
services=(eeg-intake heart-intake detector records ward)

say() { printf 'delivery: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
# The head of a script is its help: the lines between the first and the first that is no comment.
usage() { sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"; exit "$1"; }
arguments() { # how many the caller needs, its own
    local needs=$1
    shift
    [[ ${1:-} =~ ^(-h|--help)$ ]] && usage 0
    [ $# -ge "$needs" ] || usage 2 >&2
}
is_service() {
    local one
    for one in "${services[@]}"; do [ "$one" != "$1" ] || return 0; done
    die "there is no service $1; choose from: ${services[*]}"
}
is_pinned() { [[ $1 =~ @sha256:[0-9a-f]{64}$ ]] || die "$1 is not pinned by its digest (NAME@sha256:...)"; }
commit() { printf '%s' "${COMMIT:-$(git -C "$top" rev-parse --short=12 HEAD)}"; }
repository() { printf '%s/vigil-%s' "${IMAGES:?IMAGES says where images are: docker.io/USER, or HOST[:PORT]/PATH}" "$1"; }
crane() { "${CRANE:=$("$top/tools/crane")}" "$@"; }
# NAME@sha256:... of what a tag is now; nothing where there is no such tag.
resolve() { # repository, tag
    local digest
    digest=$(crane digest "$1:$2" 2>/dev/null) || return 0
    printf '%s@%s' "$1" "$digest"
}
attested_sbom() { # image
    crane verify-attestation --key "${SIGNING_PUBLIC_KEY:?}" --type https://spdx.dev/Document "$1" || die "$1 has no SBOM that $SIGNING_PUBLIC_KEY attested"
}
# The same words for image and unit tests, else Docker compiles a second time and tests another program.
docker_build() { # service, more words...
    (cd "$top" && docker build -f deploy/images/Dockerfile --build-arg SERVICE="$1" --build-arg VIGIL_COMMIT="$(commit)" --build-arg VIGIL_VERSION="$(tools/version)" "${@:2}" .)
}
# One that is killed leaves nothing behind but its folder.
work_folder() { work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT; }
