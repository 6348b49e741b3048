#!/usr/bin/env bash
# One run at a time in a cluster: a Lease in production's namespace, which its holder renews. Sourced by deliver.
# Every change is one request that tests what it changes, so that of two runs one wins; a holder that is silent for LOCK_S is dead.
# shellcheck disable=SC2154
lease() { kubectl -n "$NAMESPACE" get lease delivery -o json 2>/dev/null || true; }
now() { date -u +%Y-%m-%dT%H:%M:%S.%6NZ; }
change_lease() { # who holds it now, since when it was renewed (- : whenever), who shall
    local tests='[{op: "test", path: "/spec/holderIdentity", value: $old}'
    [ "$2" = - ] || tests+=', {op: "test", path: "/spec/renewTime", value: $renewed}'
    jq -n --arg old "$1" --arg renewed "$2" --arg new "$3" --arg now "$(now)" \
        "$tests, {op: \"replace\", path: \"/spec/holderIdentity\", value: \$new}, {op: \"replace\", path: \"/spec/renewTime\", value: \$now}]" |
        kubectl -n "$NAMESPACE" patch lease delivery --type json --patch-file /dev/stdin >/dev/null 2>&1
}
make_lease() {
    kubectl create -f - >/dev/null 2>&1 <<Y
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: delivery, namespace: $NAMESPACE}
spec: {holderIdentity: "$run", renewTime: "$(now)", leaseDurationSeconds: $LOCK_S}
Y
}
take_lock() { # prints whom it was taken from, where somebody died with it
    local deadline=$((SECONDS + WAIT_S)) there holder renewed seen='' since=$SECONDS told=''
    while :; do
        there=$(lease)
        if [ -z "$there" ]; then
            if make_lease; then return; fi
        else
            holder=$(jq -r '.spec.holderIdentity // ""' <<<"$there") renewed=$(jq -r .spec.renewTime <<<"$there")
            # by this machine's own clock: how long the holder was not seen to renew
            [ "$holder $renewed" = "$seen" ] || { seen="$holder $renewed" since=$SECONDS; }
            if [ -z "$holder" ] || [ $((SECONDS - since)) -ge "$LOCK_S" ]; then
                if change_lease "$holder" "$renewed" "$run"; then
                    [ -z "$holder" ] || printf '%s' "$holder"
                    return
                fi
            elif [ -z "$told" ]; then
                say "waiting for another run: $holder"
                told=yes
            fi
        fi
        [ $SECONDS -lt $deadline ] || die "another run holds the lock for $WAIT_S s: ${holder:-nobody}"
        sleep 1
    done
}
# Renews until the run ends; where another run took the lock, this one is ended at once and cleans nothing up: it is no longer its own.
keep_lock() { # process of the run
    while sleep $((LOCK_S / 4 + 1)); do
        kill -0 "$1" 2>/dev/null || return
        change_lease "$run" - "$run" || change_lease "$run" - "$run" || [ "$(lease | jq -r .spec.holderIdentity)" = "$run" ] || { kill -USR1 "$1"; return; }
    done
}
give_lock() { change_lease "$run" - "" || true; }
