# One line for each thing a person does here; the plain commands behind them stand in the README.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY_TO_RUN := $(VENV)/.ready-run
READY := $(VENV)/.ready
# A worker that is lost ends the run as failed; where xdist 3.8 replaces it, the run can wait for ever (its issue 1323).
TESTS := -n 3 --dist loadgroup --max-worker-restart 0
# All modules and every asset in this process, and of what starts others what the README promises.
QUICK := -m "promise or not (long or command or daemon or browser or soak or load or celery or project)"
REST := -m "not promise and (long or command or daemon or browser or soak or load or celery or project)"
LONG := -m "long and not (command or daemon or browser or soak)"
MINORS := 10 11 12 13 14
CELERY := $(VENV)/celery
FAST := -q -m "not command and not daemon and not browser and not soak and not load and not celery and not project"

.DEFAULT_GOAL := report
# Else every process compiles all of Dagster anew, which takes longer than what it then does.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: report dev test test-long test-all celery matrix lowest newest check prose audit lock mutants bench axe gallery clean

report: $(READY_TO_RUN)  ## run the five assets; print the finding and where the picture is
	@echo "Running the five assets"
	@$(BIN)/tv-appearances

dev: $(READY_TO_RUN)  ## serve Dagster's UI, with the automation running
	DAGSTER_HOME=$(CURDIR) $(BIN)/dagster dev

test: $(READY)  ## run the tests, in three minutes
	$(BIN)/python -m pytest $(TESTS) $(QUICK)

test-long: $(READY)  ## run what takes longer and needs no daemon and no browser: simulated days, every fault through all five assets
	$(BIN)/python -m pytest $(TESTS) $(LONG)

test-all: test  ## and then faults and kills at random, the UI in a browser, every command of every page
	$(BIN)/python -m pytest $(TESTS) $(REST)

celery: $(CELERY)/.ready  ## run deploy/celery with Redis and PostgreSQL, end one of its workers halfway; prune a history in PostgreSQL
	$(CELERY)/bin/python -m pytest -s -m celery tv_appearances_tests/test_celery.py tv_appearances_tests/test_history.py

matrix:  ## run the tests that need no command, daemon or browser under every Python that is here, each in an environment that is thrown away
	@for minor in $(MINORS); do \
	  python=$$(ls "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.$$minor.*/bin/python 2>/dev/null | tail -n 1); \
	  python=$${python:-$$(command -v python3.$$minor)} || { echo "3.$$minor: not here"; continue; }; \
	  folder=$$(mktemp -d); echo "3.$$minor: $$python"; \
	  $(MAKE) --no-print-directory PYTHON="$$python" VENV="$$folder" TESTS='$(FAST)' QUICK= test; \
	  status=$$?; rm -rf "$$folder"; [ $$status = 0 ] || exit $$status; \
	done

lowest: RESOLUTION := lowest-direct
newest: RESOLUTION := highest
lowest newest: $(READY_TO_RUN)  ## run the tests that need no command, daemon or browser with the oldest, or the newest, versions that pyproject.toml allows
	@folder=$$(mktemp -d); $(UV) venv --quiet --python "$(PYTHON)" $$folder && \
	$(UV) pip install --quiet --python $$folder/bin/python --resolution $(RESOLUTION) \
	  --editable . 'pytest>=8' 'responses>=0.25' 'hypothesis>=6.100' && \
	$$folder/bin/python -m pytest $(FAST); status=$$?; rm -rf $$folder; exit $$status

prose: $(READY)  ## what proselint says of the pages, the docstrings and the report's own sentences
	$(BIN)/python -m tv_appearances_tests.test_prose > $(VENV)/prose.txt
	$(BIN)/proselint check --config proselint.json $(VENV)/prose.txt

check: $(READY)  ## lint, format, types, prose, security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dg check defs
	$(BIN)/bandit --quiet --recursive tv_appearances
	$(BIN)/hadolint deploy/compose/Dockerfile
	@$(MAKE) --no-print-directory prose audit

# "No known vulnerabilities" is also said by a service that knows nothing, so it is first asked about a release with
# known holes. Once it has named them, whatever pip-audit says counts.
AUDIT := $(BIN)/pip-audit --progress-spinner off --disable-pip
audit: $(READY)  ## known vulnerabilities in what requirements.lock pins, for this Python
	@echo 'jinja2==2.4.1' > $(VENV)/vulnerable.txt
	@if $(AUDIT) --no-deps --format json -r $(VENV)/vulnerable.txt 2>/dev/null | grep -q '"vulns": \[{'; \
	then $(AUDIT) --strict -r requirements.lock; \
	else echo "pip-audit skipped: no service that knows vulnerabilities answers from here"; fi

axe:  ## fetch axe-core, with which the browser tests look for what somebody cannot read
	npm install --silent --no-save --no-package-lock --no-audit --no-fund --prefix build/axe axe-core@4

gallery: $(READY)  ## write two dozen reports of every kind into gallery/, to look at
	$(BIN)/python -m tv_appearances_tests.gallery

mutants: $(READY)  ## change the code in three thousand places, one at a time; list what no test notices (ONLY=tv_appearances.storage*)
	$(BIN)/mutmut run $(ONLY)
	@$(BIN)/mutmut results
	@$(BIN)/mutmut export-cicd-stats >/dev/null && $(BIN)/python -c 'import json; s = json.load(open("mutants/mutmut-cicd-stats.json")); \
	  seen = s["killed"] + s["timeout"] + s["suspicious"] + s["segfault"]; of = seen + s["survived"] + s["no_tests"]; \
	  print(f"{seen} of {of} changes were noticed: {seen / of:.0%}")'

bench: $(READY)  ## measure: quality and speed of counting, the command, a month of automation
	$(BIN)/python -m benchmarks

LOCK = $(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links
lock: $(READY_TO_RUN)  ## resolve the newest versions for every supported Python, with hashes
	$(LOCK) --upgrade pyproject.toml --group dev -o requirements.lock
	$(LOCK) --constraints requirements.lock pyproject.toml --group install -o requirements-run.lock
	echo uv | $(LOCK) --upgrade - -o requirements-uv.lock
	$(LOCK) --upgrade pyproject.toml --extra s3 --group test deploy/celery/requirements.txt \
	  -o deploy/celery/requirements.lock
	$(LOCK) --upgrade pyproject.toml --extra s3 deploy/compose/requirements.txt -o deploy/compose/requirements.lock

clean:  ## forget the environment; data and history stay
	rm -rf $(VENV)

# uv from the PATH, else the one that requirements-uv.lock pins, brought by the pip that this Python has or can make.
UV = $(shell command -v uv || echo $(VENV)/uv/bin/uv)
LOCKED := --no-deps --require-hashes
# uv reads no pip.conf: where it cannot get what pip can, pip does it.
define install
@$(UV) pip install --python $(BIN)/python $(LOCKED) -r $(1) || { \
  echo "uv cannot get them here: pip does it, which takes a minute or two"; \
  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install $(LOCKED) -r $(1); }
endef

# What a run needs, and nothing else.
$(READY_TO_RUN): requirements-run.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "tv_appearances needs Python 3.10 or newer; this is %d.%d. Name another one: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "Setting up $(VENV), once: $$(grep -c '^[a-z]' $<) packages, 0.1 GB to fetch, 0.3 GB on disk"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv --without-pip $(VENV)
	@command -v uv >/dev/null || { echo "uv is not here: pip brings it"; \
	  $(PYTHON) -m pip --version >/dev/null 2>&1 && pip="$(PYTHON)" || { $(PYTHON) -m venv $(VENV) && pip=$(BIN)/python; }; \
	  $$pip -m pip install --disable-pip-version-check $(LOCKED) --only-binary :all: --target $(VENV)/uv -r requirements-uv.lock; }
	$(call install,$<)
	@$(UV) pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'for name in "pydantic", "sqlalchemy", "dagster", "tv_appearances.definitions": print("Compiling", name, flush=True); __import__(name)'
	@touch $@

# The same with the developers' tools.
$(READY): requirements.lock $(READY_TO_RUN)
	@echo "Adding the developers' tools to $(VENV), once: $$(grep -c '^[a-z]' $<) packages, 0.8 GB on disk"
	$(call install,$<)
	@touch $@

# Not part of .venv: dagster-postgres needs an older SQLAlchemy.
$(CELERY)/.ready: $(READY) deploy/celery/requirements.lock
	@echo "Setting up $(CELERY) (once)"
	@$(UV) venv --quiet --clear --python $(BIN)/python $(CELERY)
	@$(UV) pip sync --quiet --compile-bytecode --python $(CELERY)/bin/python --require-hashes deploy/celery/requirements.lock
	@touch $@
