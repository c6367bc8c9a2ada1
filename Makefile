# Corridor: the verbs of a checkout. Each sets itself up in its own virtual environment and leaves nothing outside it.

VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: demo test conformance fuzz law-score check format lint types layers bench lock clean

$(VENV)/installed.txt: requirements/dev.txt pyproject.toml
	@tools/make-venv $(VENV) requirements/dev.txt

# Nodes that are started from a checkout would compile every module anew, each time, 0.2 s long: nothing else writes it down.
$(VENV)/compiled.txt: $(VENV)/installed.txt $(shell find src -name '*.py')
	@$(BIN)/python -m compileall -q src && touch $@

demo: $(VENV)/compiled.txt  ## two nodes on this machine run the whole journey; ALERTS=FILE.csv takes your own export
	@$(BIN)/corridor demo $(if $(ALERTS),--alerts "$(ALERTS)")

test: $(VENV)/compiled.txt  ## every test; the last lines say which suites were skipped and why
	@tools/run-tests

conformance: $(VENV)/installed.txt  ## the Dataspace Protocol's compatibility kit and the ODRL suite; needs Java 17 and Maven
	@$(BIN)/pytest -p no:cacheprovider -q tests/conformance

fuzz: $(VENV)/installed.txt  ## REQUESTS (100000) hostile requests to both listeners of a node; every answer of 500 or above is a fault
	@$(BIN)/python tools/fuzz.py --requests $(or $(REQUESTS),100000) --seed $(or $(SEED),1)

law-score: $(VENV)/installed.txt  ## every case of the law, official examples included: jurisdiction x class x right, wrong, undetermined
	@$(BIN)/corridor rulebook check --cases tests/law/cases

check: format lint types layers test  ## what has to pass before a change lands

format: $(VENV)/installed.txt
	@$(BIN)/ruff format --check .

lint: $(VENV)/installed.txt
	@$(BIN)/ruff check .

types: $(VENV)/installed.txt
	@$(BIN)/mypy

layers: $(VENV)/installed.txt  ## the direction of imports (import contracts in pyproject.toml)
	@$(BIN)/lint-imports --no-cache

bench: $(VENV)/compiled.txt
	@$(BIN)/python benchmarks/journey.py

lock:  ## renew requirements/*.txt from pyproject.toml (needs uv)
	@tools/lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist .cache
	@find src -name __pycache__ -prune -exec rm -rf {} +
