# The laboratory: what measures and proves, beside the verbs of the Makefile, which includes this.

LAMBDA_TOOLS := $(VENV)-lambda/.installed
STACK_TOOLS := $(VENV)-stack/.installed
# The processor of the functions, as AWS spells it; this machine's, unless it is set.
ARCH ?= $(patsubst aarch64,arm64,$(shell uname -m))
# Names of functions, or of the programs that hold them (a subject each); all, unless it is set.
FUNCTIONS ?=
PROGRAMS ?=
IMAGING_VENV := target/imaging-venv
IMAGING_TOOLS := $(IMAGING_VENV)/.installed

.PHONY: lambda lambda-report sam-local sam-local-walk e2e-stack e2e-stack-unoptimised fuzz truth lab bench flame data-model soak soak-kill

lambda: needs-rust $(LAMBDA_TOOLS) ## Build every program for Lambda into target/lambda (ARCH=arm64 or x86_64, PROGRAMS="files events")
	PATH="$(CURDIR)/$(VENV)-lambda/bin:$$PATH" cargo lambda build --locked --release --package functions --package hello \
	  $(if $(PROGRAMS),$(addprefix --bin ,hello $(PROGRAMS))) --lambda-dir target/lambda --$(subst _,-,$(ARCH))

lambda-report: stack-as-tested $(TOOLS) ## Start every built function in AWS's emulator: answers, size, init time, memory
	$(VENV)/bin/python infra/lab/lambda/report.py $(FUNCTIONS)

sam-local: stack-as-tested $(TOOLS) ## Serve the built functions with `sam local start-api` (needs Docker) on the local stack's engines
	$(VENV)/bin/python infra/lab/lambda/sam_local.py --port $(PORT)

sam-local-walk: stack-as-tested $(TOOLS) ## The walk of the README against `sam local start-api`
	$(VENV)/bin/python infra/lab/lambda/sam_local.py --walk

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
truth: needs-rust $(IMAGING_TOOLS) ## Our pictures against pydicom's; `make truth TABLE=write` renews docs/imaging-truth.md
	cargo build --locked --workspace --all-features --example render
	$(IMAGING_VENV)/bin/python infra/lab/imaging/truth.py $${CARGO_TARGET_DIR:-target}/debug/examples/render --table docs/imaging-truth.md $(if $(TABLE),,--check)
	$(IMAGING_VENV)/bin/python infra/lab/imaging/laboratory.py $${CARGO_TARGET_DIR:-target}/debug/examples/render --seed 1 --cases 1000 --quick

lab: needs-rust $(IMAGING_TOOLS) ## Files made from SEED (CASES=2000 of them, or CASE=123 alone) by us and by every reader that is installed
	cargo build --locked --workspace --all-features --example render
	$(IMAGING_VENV)/bin/python infra/lab/imaging/laboratory.py $${CARGO_TARGET_DIR:-target}/debug/examples/render --seed $(or $(SEED),$$RANDOM) $(if $(CASE),--case $(CASE),--cases $(or $(CASES),2000))

# Which of lists, slices, dicomweb, large and pictures, with commas between; the files, rounds, slices and gigabytes of each.
ONLY ?= lists,slices,dicomweb,large,pictures
FILES ?= 1000,10000,100000
ROUNDS ?= 100
SLICES ?= 1635
GIGABYTES ?= 2
PICTURES := $(findstring pictures,$(ONLY))

bench: stack-as-tested $(IMAGING_TOOLS) ## Lists, processing, DICOMweb, a large file, pictures beside comparable programs: ONLY=lists FILES=1000,1000000; TABLE=write renews docs/performance
	$(if $(PICTURES),cargo build --locked --release --package imaging --example thumbnail --example md5)
	FILMROOM_LOCAL=$${FILMROOM_LOCAL:-$${CARGO_TARGET_DIR:-target}/debug/filmroom-local} $(IMAGING_VENV)/bin/python infra/lab/bench/bench.py --only $(ONLY) --files $(FILES) \
	  --rounds $(ROUNDS) --slices $(SLICES) --gigabytes $(GIGABYTES) --examples $${CARGO_TARGET_DIR:-target}/release/examples $(if $(TABLE),--write)

# All of it optimised for speed, with frames that perf can walk.
flame: export CARGO_TARGET_DIR := $(CURDIR)/target/flame
flame: export RUSTFLAGS := -C force-frame-pointers=yes
flame: export CARGO_PROFILE_RELEASE_OPT_LEVEL := 3
flame: export CARGO_PROFILE_RELEASE_LTO := off
flame: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS := 16
flame: export CARGO_PROFILE_RELEASE_STRIP := none
flame: export CARGO_PROFILE_RELEASE_DEBUG := line-tables-only
flame: needs-rust $(IMAGING_TOOLS) ## Draw where the time of a list and of a slice goes: docs/performance/list.svg and slice.svg (needs perf and inferno)
	cargo build --release --locked --workspace --all-features --bin filmroom-local
	FILMROOM_LOCAL=$(CARGO_TARGET_DIR)/release/filmroom-local $(IMAGING_VENV)/bin/python infra/lab/bench/flame.py

soak: needs-rust ## Random histories against the model of the service: SEEDS=1000, MINUTES=60, or one again: SEED=17 (STEPS=60 CUTS=12 WEATHER=rough THREADS=2; TRACE=1 prints what was answered)
	SEED=$(SEED) TRACE=$(TRACE) FIRST=$(FIRST) SEEDS=$(SEEDS) MINUTES=$(MINUTES) STEPS=$(STEPS) CUTS=$(CUTS) WEATHER=$(WEATHER) THREADS=$(THREADS) \
	  cargo test --locked --workspace --all-features --test suite -- model::soak --exact --ignored --nocapture

soak-kill: needs-rust ## Real processes that are killed KILLS (50) times in the middle of a history
	KILLS=$(or $(KILLS),50) cargo test --locked --workspace --all-features --test suite -- model::killed --nocapture

data-model: needs-rust ## Renew the tables of docs/DATA.md and the costs of docs/OPERATIONS.md: what a slice writes and what calls use, metered
	-cargo test --locked --workspace --all-features --test suite -- slice:: costs::metered costs::reading --include-ignored >/dev/null
	cp $${CARGO_TARGET_DIR:-target}/tmp/slice.json infra/lab/data_model/slice.json
	cp $${CARGO_TARGET_DIR:-target}/tmp/metered-*.json infra/lab/costs/
	python3 infra/lab/data_model/report.py --write
	python3 infra/lab/costs/report.py --write

$(VENV)-%/.installed: infra/requirements-%.txt
	python3 -m venv $(VENV)-$*
	$(VENV)-$*/bin/pip install --quiet --requirement $<
	@touch $@

$(IMAGING_TOOLS): infra/lab/imaging/requirements.txt infra/lab/bench/requirements.txt
	python3 -m venv $(IMAGING_VENV)
	$(IMAGING_VENV)/bin/pip install --quiet $(addprefix --requirement ,$^)
	@touch $@
