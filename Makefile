# Filmroom: `make run` starts everything on this machine, `make test` tests everything.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export PORT ?= 8080
export DATA_DIR ?= data
export AWS_DEFAULT_REGION ?= eu-central-1
export SAM_CLI_TELEMETRY := 0

VENV := .venv
WEB := web/node_modules/.installed
TOOLS := $(VENV)/.installed
LAMBDA_TOOLS := $(VENV)-lambda/.installed
STACK_TOOLS := $(VENV)-stack/.installed
# The processor of the functions, as AWS spells it; this machine's, unless it is set.
ARCH ?= $(patsubst aarch64,arm64,$(shell uname -m))
# Names of functions, or of the programs that hold them (a subject each); all, unless it is set.
FUNCTIONS ?=
PROGRAMS ?=
IMAGING_VENV := target/imaging-venv
IMAGING_TOOLS := $(IMAGING_VENV)/.installed

.PHONY: help run build stack-as-tested samples web check format lint deny docs template check-web test test-rust test-web test-browser test-contract test-recipes test-schema api lambda lambda-report sam-local sam-local-walk e2e-stack e2e-stack-unoptimised needs-rust needs-node needs-chromium clean fuzz truth bench data-model

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: build ## Build everything and start the whole stack on 127.0.0.1:$(PORT), data in $(DATA_DIR)
	@WEB_DIR=web/dist exec target/debug/filmroom-local

build: needs-rust web ## Build the local stack and the web page
	cargo build --locked --package local

samples: build ## Write a DICOM, a JPEG, a PNG, a TIFF and a 100 MB file into samples/
	target/debug/filmroom-local samples samples

web: $(WEB) ## Build the web page into web/dist
	cd web && npm run --silent build

check: format lint deny docs template check-web ## Formatting, lints, licences, docs, template

format: needs-rust
	cargo fmt --all --check

lint: needs-rust
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

deny: needs-rust $(TOOLS)
	cargo fetch --locked # of every platform: a build has fetched this one's only
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo deny --offline check bans licenses sources
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cargo shear

docs: needs-rust
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --locked --workspace --no-deps --document-private-items
	python3 infra/bench/data_model/report.py --check

template: $(TOOLS) ## The template: sam, cfn-lint, checkov, and what it repeats of the code and the docs
	python3 infra/functions.py --check
	$(VENV)/bin/sam validate --lint --template template.yaml
	$(VENV)/bin/cfn-lint
	$(VENV)/checkov/bin/checkov --config-file .checkov.yaml
	$(VENV)/bin/python infra/check_template.py

check-web: $(WEB)
	cd web && npm run --silent check

test: test-rust test-contract test-web test-browser test-recipes ## Every test

test-rust: needs-rust
	rm -f target/tmp/permissions
	cargo test --locked --workspace --all-features
	cargo test --locked --package tests --test suite -- --ignored --exact permissions::no_function_may_do_what_it_never_does

# The local stack with the features that `cargo test` gives its packages: nothing is compiled a second time for the tests that need the program.
stack-as-tested: needs-rust
	cargo build --locked --workspace --all-features --bin filmroom-local --test suite

test-contract: needs-rust
	tests/contract/seaweedfs.sh

test-recipes: web stack-as-tested needs-node needs-chromium ## The recipes of docs/recipes: curl, Python, browsers
	tests/recipes/run

test-schema: stack-as-tested ## The API against its own description, with schemathesis (two minutes)
	tests/schemathesis/run

test-web: $(WEB)
	cd web && npm test --silent

# The viewer is shown pydicom's files, which `make truth` installs as well.
test-browser: web stack-as-tested needs-chromium $(IMAGING_TOOLS)
	cd web && npm run --silent e2e

data-model: ## Renew the tables of docs/DATA.md from its model: units of a file, and what load does
	python3 infra/bench/data_model/report.py --write

api: needs-rust $(WEB) ## Renew docs/openapi.json, the functions of template.yaml and the page's types from the code
	cargo build --locked --workspace --all-features --example openapi
	$${CARGO_TARGET_DIR:-target}/debug/examples/openapi >docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json
	python3 infra/functions.py
	cd web && npm run --silent api

lambda: needs-rust $(LAMBDA_TOOLS) ## Build every program for Lambda into target/lambda (ARCH=arm64 or x86_64, PROGRAMS="files events")
	PATH="$(CURDIR)/$(VENV)-lambda/bin:$$PATH" cargo lambda build --locked --release --package functions --package hello \
	  $(if $(PROGRAMS),$(addprefix --bin ,hello $(PROGRAMS))) --lambda-dir target/lambda --$(subst _,-,$(ARCH))

lambda-report: stack-as-tested $(TOOLS) ## Start every built function in AWS's emulator: answers, size, init time, memory
	$(VENV)/bin/python infra/lambda/report.py $(FUNCTIONS)

sam-local: stack-as-tested $(TOOLS) ## Serve the built functions with `sam local start-api` (needs Docker) on the local stack's engines
	$(VENV)/bin/python infra/lambda/sam_local.py --port $(PORT)

sam-local-walk: stack-as-tested $(TOOLS) ## The walk of the README against `sam local start-api`
	$(VENV)/bin/python infra/lambda/sam_local.py --walk

e2e-stack: stack-as-tested $(TOOLS) $(STACK_TOOLS) ## Deploy the template to an emulator of AWS and test the stack through HTTP
	$(VENV)-stack/bin/python tests/stack/flow.py

# Not in target/lambda: these would not start on AWS, whose C library is older than this machine's.
e2e-stack-unoptimised: needs-rust $(TOOLS) $(STACK_TOOLS) ## The same with functions of the development build: minutes instead of half an hour
	cargo build --locked --workspace --all-features --bins --test suite
	for source in functions/src/bin/*.rs; do name=$$(basename $$source .rs); \
	  install -D --strip $${CARGO_TARGET_DIR:-target}/debug/$$name target/unoptimised/$$name/bootstrap; done
	$(VENV)-stack/bin/python tests/stack/flow.py --functions target/unoptimised

fuzz: needs-rust ## Hostile files for SECONDS (120) against every reader of files
	shared/imaging/fuzz/run.sh $(or $(SECONDS),120)

# Its example is built with the features of `make test`, so that nothing is compiled twice.
truth: needs-rust $(IMAGING_TOOLS) ## Our pictures against pydicom's; `make truth TABLE=write` renews the table of docs/IMAGING.md
	cargo build --locked --workspace --all-features --example render
	$(IMAGING_VENV)/bin/python infra/bench/imaging/truth.py $${CARGO_TARGET_DIR:-target}/debug/examples/render --table docs/IMAGING.md $(if $(TABLE),,--check)

bench: needs-rust $(IMAGING_TOOLS) ## Our thumbnails against libvips, DCMTK and GDCM, where installed
	cargo build --locked --release --package imaging --example thumbnail --example md5
	$(IMAGING_VENV)/bin/python infra/bench/imaging/speed.py $${CARGO_TARGET_DIR:-target}/release/examples --table docs/IMAGING.md

clean: ## Remove what was built (not the data)
	rm -rf target web/dist web/node_modules $(VENV) $(VENV)-lambda $(VENV)-stack

needs-rust:
	@command -v cargo >/dev/null || { echo "Rust is missing: curl https://sh.rustup.rs -sSf | sh -s -- -y"; exit 1; }

needs-node:
	@command -v npm >/dev/null || { echo "Node.js 20 or newer is missing: apt-get install -y nodejs npm (or https://nodejs.org)"; exit 1; }

needs-chromium:
	@test -x "$${CHROMIUM:-/usr/bin/chromium}" || { echo "Chromium is missing: apt-get install -y chromium (or set CHROMIUM to its path)"; exit 1; }

$(WEB): web/package-lock.json | needs-node
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(TOOLS): infra/requirements.txt infra/requirements-checkov.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement infra/requirements.txt
	python3 -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/pip install --quiet --requirement infra/requirements-checkov.txt
	@touch $@

$(VENV)-%/.installed: infra/requirements-%.txt
	python3 -m venv $(VENV)-$*
	$(VENV)-$*/bin/pip install --quiet --requirement $<
	@touch $@

$(IMAGING_TOOLS): infra/bench/imaging/requirements.txt
	python3 -m venv $(IMAGING_VENV)
	$(IMAGING_VENV)/bin/pip install --quiet --requirement infra/bench/imaging/requirements.txt
	@touch $@
