module vigil/crds

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/fluxcd/kustomize-controller v1.7.3
	github.com/fluxcd/source-controller v1.8.0
	github.com/prometheus-operator/prometheus-operator v0.88.0
	go.universe.tf/metallb v0.15.2
	sigs.k8s.io/gateway-api v1.5.1
)
