# make demo   sets up, and runs the main job once on the embedded mail server
# make test   sets up, and runs everything: formatter, linter, types, tests on real servers

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Whatever this machine's setting: hundreds of processes start, and each would compile the program anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check unit packages pictures clean

demo: $(VENV)/.core
	$(BIN)/report-agent demo

# Compiled first: a test that lets files grow no further would leave half a compiled module to all that come after.
test: packages $(VENV)/.test check
	$(BIN)/python -m compileall -q agent tests bench
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.test
	$(BIN)/ruff format --check agent tests bench
	$(BIN)/ruff check agent tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(VENV)/.test
	$(BIN)/python -m pytest -m "not integration" -n 2 --dist worksteal

# The pictures in the README, made from what the demo made (needs Chromium, LibreOffice, poppler-utils).
pictures: $(VENV)/.test
	$(BIN)/report-agent demo
	$(BIN)/python docs/make_pictures.py demo-output docs/pictures

# The real servers and programs that the tests run against: installed where that can be done, else named.
packages:
	sh .ci/packages

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: on Debian, apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $(VENV)/.core $@

clean:
	rm -rf $(VENV) demo-output
