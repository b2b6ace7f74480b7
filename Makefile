# `make up` runs everything, `make test` tests everything; both need no more than Python 3.11 with venv.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
PROCESSES ?= 3

# Tests start many processes: what one has compiled, all others read.
export PYTHONDONTWRITEBYTECODE =

RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary=:all:
READY_TO_RUN = $(VENV)/.installed-embedded
CLIENT = tests/client/node_modules/.package-lock.json
READY_TO_TEST = $(VENV)/.installed-test
READY = $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help environment up client test e2e screenshots lint bench bench-large soak openapi clean

help:
	@echo "make up        run everything on http://127.0.0.1:$(PORT) (PORT=8001 for another port); Ctrl-C stops it"
	@echo "make test      run the tests (ARGS='-k import' for some, PROCESSES=0 for one after the other)"
	@echo "make e2e       run those in a browser, of make up, with the TypeScript client and by schemathesis (FUZZ_CASES=1000 for more of its cases)"
	@echo "make screenshots  pictures of what readers see, and of the desk, in screenshots/"
	@echo "make lint      ruff and mypy"
	@echo "make bench     measure what the design promises"
	@echo "make bench-large  the same for matching among a million claims: 12 GB of memory, a quarter of an hour"
	@echo "make soak      kill, flush, race and fuzz for longer than a test may take"
	@echo "make client    generate the TypeScript client of the tests and compile it"
	@echo "make openapi   write the OpenAPI document anew"
	@echo "make clean     remove the virtual environment and caches; data stays in .local"

# make itself becomes the parent that everything ends with.
up: $(READY_TO_RUN)
	@$(RUN) manage.py up --port $(PORT) --with-parent

environment: $(READY)

test: $(READY_TO_TEST)
	@$(RUN) -m pytest --numprocesses $(PROCESSES) --dist worksteal $(ARGS)

e2e: $(READY) $(CLIENT)
	@$(RUN) -m pytest tests/e2e --numprocesses $(PROCESSES) --dist loadgroup $(ARGS)

LOOKED_AT = readers desk triage operators admin
screenshots: $(READY) $(CLIENT)
	@mkdir -p screenshots
	@SCREENSHOTS=screenshots $(RUN) -m pytest $(LOOKED_AT:%=tests/e2e/test_%_browser.py) $(ARGS)

lint: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

bench: $(READY)
	@$(RUN) -m pytest tests/bench -p no:randomly -s $(ARGS)

bench-large: $(READY)
	@$(RUN) -m pytest tests/bench_large -p no:randomly -s $(ARGS)

soak: $(READY)
	@$(RUN) -m pytest tests/soak -p no:randomly -s $(ARGS)

openapi: $(READY)
	@$(RUN) manage.py spectacular --validate --fail-on-warn --file tests/snapshots/openapi.yaml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis static screenshots tests/client/node_modules tests/client/build tests/client/schema.ts
	find factcheck claims reviews tests -name __pycache__ -type d -prune -exec rm -rf {} +

client: $(CLIENT)
	@cd tests/client && npm run --silent generate && npm run --silent compile

# Without npm the test of the generated client skips with a reason, but not in CI.
$(CLIENT): tests/client/package-lock.json
	@! command -v npm >/dev/null || { cd tests/client && npm ci --no-audit --no-fund --loglevel=error; } || [ "$$CI" != true ]

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed-%: requirements-%.txt $(VENV)/.created
	@# What development needs contains what tests need, and that what runs.
	@[ $(VENV)/.installed-dev -nt $< ] || { [ $* = embedded ] && [ $(VENV)/.installed-test -nt $< ]; } || { echo "Installing $< ..."; $(PIP) --requirement $<; }
	@touch $@
