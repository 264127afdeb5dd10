# make run    creates the environment and runs the main job on iris; the report is in results/iris
# make test   creates the environment and passes the tests: ruff, mypy --strict, pytest
# make docs   builds the site into docs/_build/html, without network; broken links and references are errors
# make format formats all files
# make mutants ROOM=verification SAMPLE=40   changes one place at a time and says which changes no test notices
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2
RUN ?= iris --out results/iris

# One BLAS thread a process: parallelism is over starts, tests and sweeps.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

.PHONY: .typing install run docs test format pytest lint imports types mutants clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: install
	$(BIN)/geodepth validate $(RUN)

# Lessons and the library's problems are solved once; later builds solve those that changed. Remove docs/built for all.
docs: install
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html

test: lint imports types pytest

# The coverage of what the tests' own processes run is printed last; commands that tests start are not counted.
pytest: install
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=
	$(BIN)/coverage report --skip-covered --sort=cover

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

format: install
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

# mypy and import-linter see the packages under their installed names through a folder of links.
.typing: install
	@mkdir -p .typing/geodepth
	@for room in foundation control nets validation cli; do ln -sfn ../../$$room .typing/geodepth/$$room; done

# The arrows between rooms, and no circle between files: the contracts are in pyproject.toml.
imports: .typing
	PYTHONPATH=.typing $(BIN)/lint-imports --no-cache

types: .typing
	MYPYPATH=.typing $(BIN)/mypy -p geodepth
	MYPYPATH=.typing $(BIN)/mypy --explicit-package-bases tests examples benchmarks

# cosmic-ray changes a copy, from an environment of its own; minutes to hours, so not part of the tests.
ROOM ?= verification
SAMPLE ?= 40
SEED ?= 0
mutants: install
	@test -x .mutants/bin/cosmic-ray || { $(PYTHON) -m venv .mutants && \
	    .mutants/bin/pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0; }
	$(BIN)/python tests/mutants.py $(ROOM) --sample $(SAMPLE) --seed $(SEED) --cosmic-ray .mutants/bin/cosmic-ray

clean:
	rm -rf docs/built docs/_build .mutants build dist *.egg-info .typing .mypy_cache .ruff_cache .pytest_cache .coverage results
