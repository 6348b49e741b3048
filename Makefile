# The menu: `make` alone prints it. Everything runs where tools/in_root puts it: Debian 13, on the host or in a root of its own.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
PORT ?= 8080
STATE ?= $(CURDIR)/state
START ?= 0
RECORDINGS ?=
export VIGIL_DATA ?=
export RECORDINGS VIGIL_STATE := $(STATE)

RUN_IN := tools/in_root
TEST_IN := tools/in_root --with browser --with bench --with servers
RELEASE := build/release
DEV := build/dev

##@ Use
.PHONY: run
run: ## Build and start Vigil with a synthetic ward; RECORDINGS=folder START=seconds plays real recordings; PORT=8080 STATE=folder
	@$(RUN_IN) tools/run "$(RELEASE)" "$(STATE)" "$(PORT)" "$(RECORDINGS)" "$(START)"

##@ Check
.PHONY: test
test: ## Build with sanitizers and run every test; ends with ctest's summary (VIGIL_DATA=folder adds those on recordings)
	@NATS_SERVER=$$(tools/nats_server) KUSTOMIZE=$$(tools/kustomize) CRDS=$$(tools/crds) CRANE=$$(tools/crane) ACTIONLINT=$$(tools/actionlint) ACT=$$(tools/act) && export NATS_SERVER KUSTOMIZE CRDS CRANE ACTIONLINT ACT && $(TEST_IN) tools/run_tests "$(DEV)" "$(RELEASE)" "$(JOBS)"

.PHONY: test-delivery
test-delivery: ## The tests of the delivery alone: workflows, steps, registry, signatures, indicators, checks; then all of it on the cluster of the tests
	@CRANE=$$(tools/crane) ACTIONLINT=$$(tools/actionlint) ACT=$$(tools/act) COSIGN=$$(tools/cosign) && export CRANE ACTIONLINT ACT COSIGN && $(TEST_IN) bash -c 'cmake --preset dev >/dev/null && cmake --build $(DEV) -j$(JOBS) --target vigil && ctest --test-dir $(DEV)/test/delivery --output-on-failure'
	@test/cluster/run admission delivery

.PHONY: lint
lint: ## Formatting, shell scripts, includes, schema, page types
	@$(TEST_IN) tools/lint

.PHONY: verify
verify: lint test ## What CI enforces: lint and test

.PHONY: tidy
tidy: ## clang-tidy on what changed since BASE (default: the last commit)
	@$(TEST_IN) tools/tidy "$(DEV)" "$(or $(BASE),HEAD~1)"

.PHONY: races
races: ## The threaded tests under ThreadSanitizer
	@$(TEST_IN) bash -c 'cmake --preset tsan >/dev/null && cmake --build build/tsan -j$(JOBS) && ctest --test-dir build/tsan -L "unit|contract" --output-on-failure -j$(JOBS)'

.PHONY: fuzz
fuzz: ## Each fuzzer for two minutes (SECONDS_EACH=120)
	@$(TEST_IN) tools/fuzz "$(or $(SECONDS_EACH),120)" "$(JOBS)"

.PHONY: check-machines
check-machines: ## Check the files of the two virtual machines (deploy/machines) with cloud-init, netplan, Ansible and libvirt
	@tools/in_root --with machines deploy/machines/check

.PHONY: prove-journal
prove-journal: ## Kill JetStream's servers 50 times in each setting, cut them off, fill their disks, count what was lost, and what an append costs (ROUNDS=50; an hour)
	@NATS_SERVER=$$(tools/nats_server) && $(TEST_IN) bash -c 'cmake --preset release >/dev/null && cmake --build $(RELEASE) -j$(JOBS) --target append_cost && test/faults/jetstream/prove "$$1" "$$2" $(RELEASE)/bin/append_cost' - "$$NATS_SERVER" "$(or $(ROUNDS),50)"

.PHONY: cluster
cluster: ## A Kubernetes cluster of two nodes on this machine, for the tests; prints its KUBECONFIG (root; 40 minutes the first time)
	@test/cluster/kube/up

.PHONY: cluster-down
cluster-down: ## Stop that cluster and remove all but what was built for it
	@test/cluster/kube/down

.PHONY: test-cluster
test-cluster: ## Run the tests of test/cluster on the cluster that KUBECONFIG names, or on that of make cluster
	@test/cluster/run

.PHONY: prove-sizing
prove-sizing: ## Prove the models of vigil size by experiment: pods, sockets, drawn loads (10 minutes; SECONDS_EACH=60)
	@$(TEST_IN) bash -c 'cmake --preset release >/dev/null && cmake --build $(RELEASE) -j$(JOBS) --target vigil sized_pod && python3 -B test/load/prove_sizing.py $(RELEASE) --seconds $(or $(SECONDS_EACH),60) --images docs/images'

.PHONY: prove-cluster
prove-cluster: ## Ward, faults and autoscaler with the real waiting times on three nodes, a journal server on each: the database away for 10 minutes (an hour)
	@export KUBE_NODES="$${KUBE_NODES:-master:11 w1:12 w2:13}" && WARD_SECONDS=600 FAULT_SECONDS=600 SETTLE_SECONDS=300 test/cluster/run ward faults scale

.PHONY: prove-peak
prove-peak: ## A real peak hour, twice: the autoscaler on CPU alone, then with the bounds of vigil size, checked against the model (two hours and a quarter)
	@PEAK_SECONDS=3600 test/cluster/run size

.PHONY: prove-delivery
prove-delivery: ## The delivery with the waiting times that it has in earnest: five minutes of verification, a lock of a minute (an hour and a half)
	@READY_S=300 SMOKE_S=10 ROLL_OUT_S=300 VERIFY_S=300 LOCK_S=60 test/cluster/run admission delivery

.PHONY: prove
prove: prove-journal prove-sizing prove-cluster prove-delivery prove-peak ## All of these, one after the other (five to six hours)

##@ Measure
.PHONY: bench
bench: ## Measure what docs/performance.md lists and print its table
	@$(TEST_IN) tools/bench "$(RELEASE)" "$(JOBS)"

##@ Make
.PHONY: build
build: ## The optimised program: build/release/bin/vigil
	@$(RUN_IN) bash -c 'cmake --preset release >/dev/null && cmake --build $(RELEASE) -j$(JOBS) --target vigil'

.PHONY: images
images: ## Container images of the services and their SBOMs into build/images, without Docker
	@$(TEST_IN) bash -c 'cmake --preset release >/dev/null && cmake --build $(RELEASE) -j$(JOBS) --target vigil eeg-intake heart-intake detector records ward'
	@deploy/images/make "$(RELEASE)"

.PHONY: release
release: ## A release into build/release-VERSION: images, SBOMs, manifests, Debian package, checksums (IMAGES=docker.io/USER pushes)
	@deploy/release/check >/dev/null
	@$(MAKE) images
	@deploy/release/make "$(RELEASE)"

.PHONY: deb
deb: build ## The Debian package of the all-in-one into build/package
	@$(TEST_IN) deploy/release/make_package.py --program $(RELEASE)/bin/vigil --out build/package

.PHONY: szcore
szcore: build ## The image with which Vigil can be submitted to the SzCORE benchmark (needs docker)
	@deploy/images/szcore/build $(RELEASE)/bin/vigil

.PHONY: models
models: ## Fetch the published model sladky-2022 into ~/.cache/vigil/models (it is no part of this repository)
	@$(TEST_IN) models/sladky_2022/fetch "$${XDG_CACHE_HOME:-$$HOME/.cache}/vigil/models"

.PHONY: train
train: ## Train window-178 again and measure it, from VIGIL_DATA/bonn and VIGIL_DATA/chbmit
	@[ -n "$(VIGIL_DATA)" ] || { echo "vigil: make train needs VIGIL_DATA, the folder that holds bonn/ and chbmit/" >&2; exit 1; }
	@tools/in_root --with browser --with training models/window_178/make_model "$(VIGIL_DATA)"

.PHONY: choose-live
choose-live: models ## Choose sladky-2022's lag and thresholds live again and measure the choice, from VIGIL_DATA/bonn (9 minutes)
	@[ -n "$(VIGIL_DATA)" ] || { echo "vigil: make choose-live needs VIGIL_DATA, the folder that holds bonn/" >&2; exit 1; }
	@$(TEST_IN) models/sladky_2022/choose_live "$(VIGIL_DATA)"

.PHONY: format
format: ## Format the C++ sources
	@$(TEST_IN) bash -c 'git ls-files "*.cpp" "*.hpp" | xargs clang-format-19 -i'

.PHONY: clean
clean: ## Remove build/ (the Debian root and the compiler's cache stay in ~/.cache/vigil)
	@rm -rf build web/dist web/node_modules

.PHONY: help
help: ## This menu
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Vigil is for research and evaluation. It is not a medical device."
