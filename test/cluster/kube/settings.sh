#!/usr/bin/env bash
# What the scripts of the cluster share: where things lie, addresses, and what was built from which pins. Sourced by each of them.
# KUBE_NODES names the nodes and the last octet of their addresses; the first one is the control plane.
# shellcheck disable=SC2034
kube=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$kube/../../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vigil
# shellcheck source=tools/host.sh
. "$top/tools/host.sh"

store=${KUBE_CACHE:-$cache/kube}                                 # what was built; outlives every cluster
state=${KUBE_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/vigil/cluster} # one cluster's life: a real disk, no overlay
host_state=/run/vigil-clusters                                   # the host's settings from before, and who changed them: as long as those last
prefix=${KUBE_PREFIX:-vigil}                                     # of bridge, veth, network namespaces and cgroups
net=${KUBE_NET:-172.30.0}                                        # the nodes' /24; the host is .1
nodes=${KUBE_NODES:-}
[ -n "$nodes" ] || { [ -s "$state/made_from" ] && read -r _ _ nodes <"$state/made_from"; } || nodes="master:11 worker:12" # those of the cluster that is there
pod_cidr=${KUBE_PODS:-10.244.0.0/16}                              # of clusters side by side each has its own: the host's conntrack sees them all
service_cidr=10.96.0.0/16
api_service_ip=10.96.0.1
dns_ip=10.96.0.10
lb_range=$net.200-$net.220
domain=cluster.local
master=${nodes%%:*}
first_node=${nodes%% *}
master_ip=$net.${first_node#*:}
api_server=https://$master_ip:6443
admin=$state/admin.kubeconfig

name_of() { printf '%s' "${1%%:*}"; }
ip_of() { printf '%s' "$net.${1#*:}"; }

# Versions are what go.mod says, in one place.
version_of() { # folder of modules/, module
    awk -v module="$2" '$1 == module && $2 ~ /^v/ {print $2; exit} $1 == "require" && $2 == module {print $3; exit}' "$kube/modules/$1/go.mod"
}
kubernetes_version=$(version_of kube k8s.io/kubernetes)
coredns_version=$(version_of dns-metrics github.com/coredns/coredns)
metrics_version=$(version_of dns-metrics sigs.k8s.io/metrics-server)
local_path_version=$(version_of lb-storage github.com/rancher/local-path-provisioner)
metallb_version=$(version_of lb-storage go.universe.tf/metallb)
traefik_version=$(version_of traefik github.com/traefik/traefik/v3)

# The name of a built thing carries the digest of what it is made from, so that a changed pin is built anew. `recipe` is to be raised
# where build makes something else of the same pins.
recipe=1
write_image=$top/deploy/images/write_image.py
digest() { # files, or folders with all in them
    local file
    for file in "$@"; do [ -e "$file" ] || die "there is no $file"; done
    { echo "$recipe"; find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat; } | sha256sum | cut -c1-12
}
images=(pause busybox coredns metrics-server local-path metallb-controller metallb-speaker traefik)
image_file() {
    local modules
    case $1 in
        pause) modules=kube ;;
        coredns | metrics-server) modules=dns-metrics ;;
        local-path | metallb-*) modules=lb-storage ;;
        busybox) modules= ;;
        *) modules=$1 ;;
    esac
    printf '%s' "$store/images/$1-$(digest "$write_image" ${modules:+"$kube/modules/$modules"}).tar"
}
programs=$store/programs-$(digest "$kube/modules/kube")
node_root=$store/node-$(digest "$kube/packages.txt")
ingress=$top/deploy/cluster/ingress-controller # the same that anybody applies
manifests=$store/manifests-$(digest "$kube"/modules/*/go.mod "$kube/build" "$ingress")
kubectl() { KUBECONFIG=$admin "$programs/kubectl" "$@"; }

alive() { # is the node's first process, as this state knows it, still there?
    [ -s "$state/$1/unshare.pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$state/$1/unshare.pid")/cmdline" | grep -q "node_boot $1 "
}

can_run() { # prints why not, where this machine cannot
    [ "$(id -u)" = 0 ] || { printf "a cluster's nodes are namespaces, which only root may make; run: sudo -E make (or set KUBECONFIG to a cluster of your own)"; return 1; }
    compgen -G '/sys/fs/cgroup/*/tasks' >/dev/null || { printf 'this machine has no cgroup v1, which the cluster of the tests needs; set KUBECONFIG to a cluster of your own (kind, minikube)'; return 1; }
}
