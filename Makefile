# Filmroom: `make run` starts everything on this machine, `make test` tests everything.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export PORT ?= 8080
export DATA_DIR ?= data
OHIF_PORT ?= 8090
export AWS_DEFAULT_REGION ?= eu-central-1
export SAM_CLI_TELEMETRY := 0

VENV := .venv
WEB := web/node_modules/.installed
TOOLS := $(VENV)/.installed

include lab.mk

.PHONY: help run ohif build tools stack-as-tested samples web check format lint deny docs template check-web test test-quick test-rust test-web test-browser test-contract test-recipes test-schema api needs-rust needs-node needs-chromium clean

help: ## This list
	@list() { grep -E '^[a-z0-9-]+:.*##' $$1 | sed -E 's/:.*## /\t/' | expand -t 24; }; \
	  list Makefile; printf '\nThe laboratory (lab.mk): what measures and proves\n'; list lab.mk

run: build ## Build everything and start the whole stack on 127.0.0.1:$(PORT), data in $(DATA_DIR)
	@echo "== The stack starts"
	@WEB_DIR=web/dist exec target/debug/filmroom-local

ohif: build needs-node ## The same, and OHIF on 127.0.0.1:$(OHIF_PORT), which reads it by DICOMweb
	tests/recipes/install-packages
	OHIF=$$(tests/recipes/fetch-ohif) OHIF_PORT=$(OHIF_PORT) node tests/recipes/ohif.js & \
	trap "kill $$! 2>/dev/null || true" EXIT; \
	ALLOWED_ORIGINS=http://127.0.0.1:$(OHIF_PORT) OHIF_URL=http://127.0.0.1:$(OHIF_PORT) WEB_DIR=web/dist target/debug/filmroom-local

build: needs-rust web ## Build the local stack and the web page
	@echo "== Cargo compiles the local stack$(if $(wildcard target/debug/filmroom-local),, and the 340 packages it is made of: some minutes and 3 GB of disk the first time)"
	cargo build --locked --package local

samples: build ## Write a DICOM, a JPEG, a PNG, a TIFF and a 100 MB file into samples/
	target/debug/filmroom-local samples samples

web: $(WEB) ## Build the web page into web/dist
	@echo "== Vite builds the page"
	cd web && npm run --silent build

check: format lint deny docs template check-web ## Formatting, lints, licences, docs, template

format: needs-rust
	cargo fmt --all --check
	rustfmt --edition 2024 --check $$(find functions/src -name '*.rs') # cargo fmt does not see the modules that `endpoints!` declares

lint: needs-rust
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

deny: needs-rust $(TOOLS)
	cargo fetch --locked # of every platform: a build has fetched this one's only
	cargo fetch --locked --manifest-path shared/imaging/fuzz/Cargo.toml # the fuzzer is a workspace of its own, with a lock file that is easily forgotten
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo deny --offline check bans licenses sources
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo shear

# With all features and examples, packages have the features that lints and tests give them: otherwise tokio has others, and all that is made with it is read twice.
docs: needs-rust
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" \
	  cargo doc --locked --workspace --all-features --lib --bins --examples --no-deps --document-private-items
	python3 infra/lab/data_model/report.py --check
	python3 infra/lab/costs/report.py --check
	python3 infra/lab/bench/report.py --check
	python3 infra/check_docs.py

template: $(TOOLS) ## The template: sam, cfn-lint, checkov, and what it repeats of the code and the docs
	python3 infra/functions.py --check
	$(VENV)/bin/sam validate --lint --template template.yaml
	$(VENV)/bin/cfn-lint
	$(VENV)/bin/cfn-lint --regions us-east-1 --template infra/web-acl.yaml infra/data-trail.yaml
	$(VENV)/checkov/bin/checkov --config-file .checkov.yaml
	$(VENV)/bin/python infra/check_template.py
	$(VENV)/bin/python infra/check_choices.py

check-web: $(WEB)
	cd web && npm run --silent check

tools: $(WEB) $(TOOLS) $(LAMBDA_TOOLS) $(STACK_TOOLS) $(IMAGING_TOOLS) ## Install what checks and tests need, below this folder

test-quick: test-rust test-web ## The tests that need no browser and no other engine: before every commit

test: test-rust test-contract test-web test-browser test-recipes ## Every test

# Two tests a processor, because a test also waits for the disk.
test-rust: export RUST_TEST_THREADS ?= $(shell echo $$((2 * $$(nproc))))
test-rust: needs-rust
	rm -f target/tmp/permissions
	cargo test --locked --workspace --all-features
	cargo test --locked --workspace --all-features --test suite -- --ignored --exact permissions::no_function_may_do_what_it_never_does

# The local stack with the features that `cargo test` gives its packages: nothing is compiled a second time for the tests that need the program.
stack-as-tested: needs-rust
	cargo build --locked --workspace --all-features --bin filmroom-local --example render --test suite

test-contract: needs-rust
	tests/contract/seaweedfs.sh

test-recipes: web stack-as-tested needs-node needs-chromium ## The recipes of docs/recipes: curl, Python, browsers, Orthanc
	tests/recipes/run

test-schema: stack-as-tested ## The API against its own description, with schemathesis (two minutes)
	tests/schemathesis/run

test-web: $(WEB)
	cd web && npm test --silent

# The viewer is shown pydicom's files, which `make truth` installs as well.
test-browser: web stack-as-tested needs-chromium $(IMAGING_TOOLS)
	cd web && npm run --silent e2e

api: needs-rust $(WEB) ## Renew docs/openapi.json, the functions of template.yaml and the page's types from the code
	cargo build --locked --workspace --all-features --example openapi
	$${CARGO_TARGET_DIR:-target}/debug/examples/openapi >docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json
	python3 infra/functions.py
	cd web && npm run --silent api

clean: ## Remove what was built (not the data)
	rm -rf target web/dist web/node_modules $(VENV) $(VENV)-lambda $(VENV)-stack

needs-rust:
	@command -v cargo >/dev/null || { echo "Rust is missing: curl https://sh.rustup.rs -sSf | sh -s -- -y"; exit 1; }

needs-node:
	@command -v npm >/dev/null || { echo "Node.js 20 or newer is missing: apt-get install -y nodejs npm (or https://nodejs.org)"; exit 1; }

needs-chromium:
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { echo "Chromium is missing: apt-get install -y chromium (or set CHROMIUM to its path)"; exit 1; }

$(WEB): web/package-lock.json | needs-node
	@echo "== npm fetches what the page is made of"
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(TOOLS): infra/requirements.txt infra/requirements-checkov.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement infra/requirements.txt
	python3 -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/pip install --quiet --requirement infra/requirements-checkov.txt
	@touch $@
