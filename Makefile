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
TEST_IN := tools/in_root --with browser --with bench
RELEASE := build/release
DEV := build/dev

##@ Use
.PHONY: run
run: ## Build and start Vigil with a synthetic ward; RECORDINGS=folder START=seconds plays real recordings; PORT=8080 STATE=folder
	@$(RUN_IN) tools/run "$(RELEASE)" "$(STATE)" "$(PORT)" "$(RECORDINGS)" "$(START)"

##@ Check
.PHONY: test
test: ## Build with sanitizers and run every test; ends with ctest's summary (VIGIL_DATA=folder adds those on recordings)
	@$(TEST_IN) tools/run_tests "$(DEV)" "$(RELEASE)" "$(JOBS)"

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

##@ Measure
.PHONY: bench
bench: ## Measure what docs/performance.md lists and print its table
	@$(TEST_IN) tools/bench "$(RELEASE)" "$(JOBS)"

##@ Make
.PHONY: build
build: ## The optimised program: build/release/bin/vigil
	@$(RUN_IN) bash -c 'cmake --preset release >/dev/null && cmake --build $(RELEASE) -j$(JOBS) --target vigil'

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

.PHONY: format
format: ## Format the C++ sources
	@$(TEST_IN) bash -c 'git ls-files "*.cpp" "*.hpp" | xargs clang-format-19 -i'

.PHONY: clean
clean: ## Remove build/ (the Debian root and the compiler's cache stay in ~/.cache/vigil)
	@rm -rf build web/dist web/node_modules

.PHONY: help
help: ## This menu
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Vigil is for research and evaluation. It is not a medical device."
