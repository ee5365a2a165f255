# Everything a person or CI runs. Needs Python 3.11 or later, pip and make; installs the rest into .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: plan test lint build bench lock clean

plan: $(READY) ## Set up, and plan the example workspace against the sandbox tenant
	@$(BIN)/tapctl plan
	@echo
	@echo "Apply it to the sandbox:   $(BIN)/tapctl apply -e sandbox"
	@echo "Then plan again:           $(BIN)/tapctl plan"

test: $(READY) ## Set up, and run the tests
	$(BIN)/pytest --numprocesses 2 --cov --cov-report term

lint: $(READY) ## Formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

build: $(READY) ## Build the package, install the wheel in a clean environment and plan with it
	rm -rf dist .venv-wheel
	$(BIN)/python -m build --no-isolation
	$(PYTHON) -m venv .venv-wheel 2>/dev/null || $(BIN)/virtualenv -q .venv-wheel
	sed -nE 's/^([A-Za-z0-9._-]+)(\[[^]]*\])?(==[^ ;]+).*/\1\3/p' requirements.lock > dist/constraints.txt
	.venv-wheel/bin/python -m pip install -q --disable-pip-version-check -c dist/constraints.txt dist/*.whl
	cd dist && ../.venv-wheel/bin/tapctl --version && ../.venv-wheel/bin/tapctl validate -C ../policies
	cd dist && rm -rf wheel-check && cp -r ../policies wheel-check && ../.venv-wheel/bin/tapctl plan -C wheel-check -e sandbox > /dev/null
	rm -rf dist/wheel-check .venv-wheel

bench: $(READY) ## Print speed, memory and request counts, as ratios taken in one run
	$(BIN)/python tests/benchmarks

# Extras stay in the lock: without them, older pips take `coverage[toml]` for another, unpinned requirement as soon
# as a newer version is out, and refuse the whole file.
lock: ## Choose dependency versions anew (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
		--no-header --no-annotate --upgrade --output-file requirements.lock

clean:
	rm -rf .venv .venv-wheel .virtualenv dist build

# Debian splits venv off from Python: where it is missing, virtualenv does the same.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv 2>/dev/null || { \
		rm -rf .venv .virtualenv; \
		$(PYTHON) -m pip install -q --disable-pip-version-check --target .virtualenv virtualenv && \
		PYTHONPATH=.virtualenv $(PYTHON) -m virtualenv -q .venv; }
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
