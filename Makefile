# Everything starts from a machine with Python 3.11 or newer, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Threads do not pay on blocks of readouts, and beside other work they cost dearly.
export OMP_NUM_THREADS ?= 1
# Processes of the test suite; each brings up its own chips, so few of them share more.
WORKERS ?= 2

.PHONY: demo bench test test-all check lint wheel clean

demo: $(INSTALLED)  ## train FP32 and `robust`, look at the published machine
	$(BIN)/python -m studies.demo

test: $(INSTALLED)  ## the test suite
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

test-all: $(INSTALLED)  ## with the slow tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m ""

check: lint wheel  ## style, types, and the wheel outside of the checkout

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(INSTALLED)
	rm -rf build dist .venv-wheel
	$(BIN)/python -m build --wheel --outdir dist .
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/pip install --quiet --constraint constraints.txt dist/*.whl
	cd / && "$(CURDIR)/.venv-wheel/bin/mirage" verify
	rm -rf .venv-wheel

KERNELS := setup.py $(wildcard mirage_core/native/*.[ch])

$(INSTALLED): pyproject.toml constraints.txt $(KERNELS)
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev,reference,touchstone,postgresql]"
	touch $@

bench: $(INSTALLED)  ## time products and training steps over plain FP32
	$(BIN)/python -m studies.bench --history runs/bench/history.jsonl --figure runs/bench/ratios.png

clean:
	rm -rf $(VENV) .venv-wheel build dist runs *.egg-info
