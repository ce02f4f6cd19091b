# The chores, one word each; bare `make` lists them. Every chore sets up what it needs by itself.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

BIN := .venv/bin
RESULTS := build/tests
JOBS ?= auto
PYTHONS ?= python3.14 python3.13 python3.12 python3.11 python3
PYTEST := $(BIN)/pytest -q -n $(JOBS) --dist worksteal
NEEDY := needs_postgres or needs_node or needs_chromium or needs_redis or needs_venv

.PHONY: durability help setup run check test lint types imports docs fix golden schema migration bench test-marked test-postgres

help:  ## list the chores
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1	\2/p' Makefile | while IFS='	' read -r chore meaning; do \
		printf '  make %-10s %s\n' "$$chore" "$$meaning"; done

setup: .venv/.developer  ## make .venv with everything that developing needs

run: .venv/.server  ## serve on http://localhost:3000 (ARGS="--port 4000" is passed on)
	@$(BIN)/polymark serve $(ARGS)

check: lint types imports docs test test-marked test-postgres  ## everything that CI runs, in its order

test: setup  ## every test that needs no server and no program beside Python, on SQLite
	POLYMARK_TEST_DATABASE=sqlite $(PYTEST) -m "not ($(NEEDY))" --junitxml=$(RESULTS)/sqlite-plain.xml $(ARGS)
	@echo 'Left out, because each needs something beside Python; `make check` runs them, `.ci/run` gets what is missing:'
	@echo '  needs_postgres  a PostgreSQL server, its address in POLYMARK_TEST_POSTGRES_URL'
	@echo '  needs_node      Node and npm, for the published audits of GraphQL over HTTP and of accessibility'
	@echo '  needs_chromium  Chromium, to use the pages and GraphiQL as a person would'
	@echo '  needs_redis     redis-server, to count with several processes'
	@echo '  needs_venv      PyPI, to build clients of other people an environment of their own'

lint: setup  ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup  ## mypy, strict
	$(BIN)/mypy

imports: setup  ## which room may import which (.importlinter)
	$(BIN)/lint-imports

docs: setup  ## docs/ says what the code does
	$(BIN)/pytest -q tests/test_docs.py

fix: setup  ## let ruff mend and format what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

golden: setup  ## renew the golden answers; read the difference before you commit it
	POLYMARK_TEST_DATABASE=sqlite POLYMARK_TEST_GOLDEN=renew $(PYTEST) -m "not ($(NEEDY))"

schema: setup  ## renew schema/schema.graphql
	@mkdir -p build
	$(BIN)/polymark schema > build/schema.graphql
	mv build/schema.graphql schema/schema.graphql

migration: setup  ## make a migration of what changed in models/: make migration name=what_changes
	@test -n "$(name)" || { echo 'Say what changes: make migration name=what_changes' >&2; exit 2; }
	$(BIN)/tortoise --config server.database.TORTOISE_ORM makemigrations --name "$(name)"

bench: setup  ## time the main calls (ARGS are passed on)
	$(BIN)/python -m benchmarks $(ARGS)

durability: setup  ## kill the server with -9 twenty times while it writes
	POLYMARK_TEST_KILLS=20 $(BIN)/pytest -q -s tests/server/test_durability.py

# Parts of `check`: with `test` they are every test on SQLite, then every test that asks a database on PostgreSQL, but for
# those that drive programs beside Python, which the first run has driven.

test-marked: setup
	POLYMARK_TEST_DATABASE=sqlite $(PYTEST) -m "($(NEEDY)) and not needs_postgres" --junitxml=$(RESULTS)/sqlite-marked.xml

test-postgres: setup
ifdef POLYMARK_TEST_POSTGRES_URL
	POLYMARK_TEST_DATABASE=postgres POLYMARK_TEST_ONLY=database $(PYTEST) -m "not (needs_node or needs_chromium or needs_redis or needs_venv)" --junitxml=$(RESULTS)/postgres.xml
else
	@echo 'Left out: the tests on PostgreSQL, because POLYMARK_TEST_POSTGRES_URL is not set (.ci/run sets it).'
endif

# The environment. Each stamp is renewed only when pyproject.toml is newer.

.venv/.developer: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/.server $@

.venv/.server: pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/bin/pip:
	@old=''; bare=''; \
	for python in $(PYTHONS); do \
		command -v "$$python" >/dev/null 2>&1 || continue; \
		"$$python" -c '' >/dev/null 2>&1 || continue; \
		if ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
			old=$$("$$python" --version 2>&1); continue; fi; \
		if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then bare=$$python; continue; fi; \
		echo "$$python -m venv .venv"; \
		exec "$$python" -m venv --clear .venv; \
	done; \
	if [ -n "$$bare" ]; then \
		echo "$$bare cannot make environments: its venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	elif [ -n "$$old" ]; then \
		echo "Polymark needs Python 3.11 or newer, and this machine has $$old. Install python3.11 or newer with its venv module." >&2; \
	else \
		echo "Polymark needs Python 3.11 or newer, and none is installed. On Debian and Ubuntu: apt-get install python3 python3-venv" >&2; \
	fi; \
	exit 1
