# make run                      the app with a demo data set, at a printed address
# make run FOLDER=/my/pictures  the app with your pictures, in a workspace of their own
# make test                     the tests; make check: format, lint and types too

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
DEMO    = workspaces/demo

.PHONY: run test check format bench clean

ifdef FOLDER
run: $(VENV)/.run
	$(BIN)/python -m curate serve --folder "$(FOLDER)"
else
run: $(DEMO)/.ready
	$(BIN)/python -m curate serve --workspace $(DEMO)
endif

export CURATE_REQUIRE_BROWSER
export CURATE_REQUIRE_REDIS

test: $(VENV)/.test
	$(BIN)/python -m pytest

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) $(DEMO)

$(DEMO)/.ready: $(VENV)/.run
	$(BIN)/python -m curate demo --workspace $(DEMO)
	touch $@

$(VENV)/.run: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
