# make run · make test: both set up all they need. `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
SETUP := @$(PYTHON) -m tools.bootstrap
PROMPT ?=

.PHONY: help run test test-board test-oracle check build bench wheel lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run:  ## the built-in model answers a sentence, and then as an agent over MQTT (PROMPT="..." asks your own)
	$(SETUP) run
	@$(BIN)/edge run --stats home "$(or $(PROMPT),turn off the kitchen lights)"
	@$(BIN)/edge demo $(if $(PROMPT),"$(PROMPT)")

test:  ## everything: unit, integration, the aarch64 wheel under emulated CPUs, and an emulated board
	$(SETUP) test
	@$(BIN)/python -m pytest -m "not slow_board"

test-board:  ## all that an emulated board is put through, also what `make test` leaves out
	$(SETUP) test
	@$(BIN)/python -m pytest tests/board

test-oracle:  ## recompute the recorded golden tensors with PyTorch and transformers (downloads gigabytes)
	$(SETUP) oracle
	@.venv-oracle/bin/python -m pytest tests/oracle

check:  ## lint, types and the fast tests, in under a minute
	$(SETUP) test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -m "not slow and not arm" tests/unit

build:  ## compile what changed in the C extension
	$(SETUP) run

bench:  ## speed and memory at the shape of BitNet 2B4T, against this machine's own read bandwidth
	$(SETUP) run
	@$(BIN)/edge bench --shape bitnet-2b4t

wheel:  ## the aarch64 wheel for boards, cross-built into dist/
	$(SETUP) test
	@$(BIN)/edge wheel --target aarch64 --out dist

lock:  ## renew requirements/*.txt from requirements/*.in
	$(SETUP) test
	@$(BIN)/python tools/lock.py

clean:  ## remove what the targets above made in this folder
	rm -rf .venv .venv-oracle build dist cython_kernels/_kernels*.so
