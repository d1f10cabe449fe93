# Everything starts from a machine with Python 3.11 or newer, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the program needs, and what changing it needs beside.
INSTALLED := $(VENV)/.installed
EQUIPPED := $(VENV)/.equipped
# Threads do not pay on blocks of readouts, and beside other work they cost dearly.
export OMP_NUM_THREADS ?= 1
# Processes of the test suite; each brings up its own chips, so few of them share more.
WORKERS ?= 2

.PHONY: help demo bench test test-all check lint wheel docs docs-links pictures clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(INSTALLED)  ## train FP32 and `robust`, look at the published machine
	$(BIN)/python -m studies.demo

test: $(EQUIPPED)  ## the test suite
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

test-all: $(EQUIPPED)  ## with the slow tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m ""

check: lint docs wheel  ## style, types, documents, and the wheel outside of the checkout

lint: $(EQUIPPED)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: $(EQUIPPED)  ## the wheel, installed and verified outside of the checkout
	rm -rf build dist .venv-wheel
	$(BIN)/python -m build --wheel --outdir dist .
	$(PYTHON) -m venv .venv-wheel
	.venv-wheel/bin/pip install --quiet --constraint constraints.txt dist/*.whl
	! command -v cc >/dev/null || .venv-wheel/bin/mirage show build | grep "native kernels for"
	cd / && "$(CURDIR)/.venv-wheel/bin/mirage" verify --quick
	rm -rf .venv-wheel

# Warnings are errors, and so are names that lead nowhere.
docs: $(EQUIPPED)  ## the documents, into docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -n -b html docs docs/_build/html
	$(BIN)/python -m docs.links docs/_build/html

pictures: $(INSTALLED)  ## the pictures of the README
	$(BIN)/python -m docs.pictures docs/static

docs-links: $(EQUIPPED)  ## whether links to the outside still lead somewhere
	$(BIN)/python -m sphinx -q -b linkcheck docs docs/_build/linkcheck

KERNELS := setup.py $(wildcard mirage_core/native/*.[ch])

$(INSTALLED): pyproject.toml constraints.txt $(KERNELS)
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[reference,touchstone,notebooks]"
	touch $@

$(EQUIPPED): $(INSTALLED)
	$(BIN)/pip install --quiet --constraint constraints.txt "mirage-photonics[dev,docs,sax,postgresql]"
	touch $@

bench: $(INSTALLED)  ## time products and training steps over plain FP32
	$(BIN)/python -m studies.bench --history studies/bench/history.jsonl --figure runs/bench/ratios.png

clean:  ## remove all that was made
	rm -rf $(VENV) .venv-wheel build dist docs/_build docs/generated runs *.egg-info
