# `make demo` and `make test` need Python 3.11 or newer, make, and a network that reaches the package index.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= auto
STAMP  := $(VENV)/.installed
NPM    := tests/judges/npm

.PHONY: demo test bench slots soak lock format setup judges kerberos clean

demo: $(STAMP)
	$(BIN)/strongroom demo

test: $(STAMP) judges kerberos
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not soak"

# Too long for every run: kills at random, big mailboxes, memory, a lost network; and the pace beside fixed settings.
soak: $(STAMP) judges kerberos
	$(BIN)/pytest -n 1 -m soak --timeout 3600
	$(BIN)/python -m tests.soak

# Figures: CPU seconds and ratios beside other clients, on the same lab, in one run.
bench: $(STAMP)
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.arbiter
	$(BIN)/python -m tests.bench.sites
	$(BIN)/python -m tests.bench.graph
	$(BIN)/python -m tests.bench.store

# What the slots promise, tried in the slot laboratory (slotlab). It is a program of its own beside this checkout.
SLOTLAB ?= ../shared/slotlab
slots: $(STAMP)
	@[ -f "$(SLOTLAB)/slotlab/score.py" ] || { echo "slotlab is not in SLOTLAB=$(SLOTLAB): what the slots promise is NOT SHOWN"; exit 1; }
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$(SLOTLAB)" $(BIN)/python -m tests.bench.slots

format: $(STAMP)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# The one command that updates the locked dependencies.
lock: $(STAMP)
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header pyproject.toml --group dev -o requirements/dev.txt
	printf 'gssapi\nkrb5\n' | $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header - -o requirements/kerberos.txt
	cd $(NPM) && npm update --package-lock-only

setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Strongroom needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	touch $@

# Independent programs that judge what we write. Installed when we may; otherwise their tests say that they did not run.
# slapd is left without a configuration, so that the package starts no directory on this machine.
judges:
	@command -v restic >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -qq -y restic >/dev/null; } \
		|| echo "restic is not here and cannot be installed by this account: what it judges is NOT SHOWN"
	@tests/judges/restic_newest.sh $(VENV)/judges >/dev/null \
		|| echo "Debian's newest restic cannot be got: what it judges is NOT SHOWN"
	@PATH="$$PATH:/usr/sbin" command -v slapd >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& echo "slapd slapd/no_configuration boolean true" | debconf-set-selections \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y slapd >/dev/null; } \
		|| echo "slapd is not here and cannot be installed by this account: what it judges is NOT SHOWN"
	@command -v npm >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y nodejs npm >/dev/null; } \
		|| echo "npm is not here and cannot be installed by this account: what clients of Node.js judge is NOT SHOWN"
	@cd $(NPM) && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } \
		|| echo "@pnp/sp and others cannot be installed: what they judge is NOT SHOWN"

# Sign-in by Kerberos is compiled against the system's library, and judged by MIT's key distribution centre.
KDC := $(shell PATH="$$PATH:/usr/sbin" command -v krb5kdc)
kerberos: $(STAMP)
	@{ [ -n "$(KDC)" ] && command -v krb5-config >/dev/null; } || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y krb5-kdc krb5-admin-server krb5-user \
		libkrb5-dev gcc >/dev/null; } \
		|| echo "MIT Kerberos is not here and cannot be installed by this account: sign-in by Kerberos is NOT SHOWN"
	@$(BIN)/python -c 'import gssapi, krb5' 2>/dev/null \
		|| $(BIN)/pip install -qq --require-hashes -r requirements/kerberos.txt >/dev/null 2>&1 \
		|| echo "gssapi and krb5 could not be compiled: sign-in by Kerberos is NOT SHOWN"

clean:
	rm -rf $(VENV) $(NPM)/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
