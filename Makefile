# make run    one hub on http://localhost:8000, its data in data/
# make demo   two neighbourhoods and an aggregator on this machine, with a month of sample life
# make test   everything; make quick: the fast part
PYTHON ?= python3
BIN := .venv/bin
FAST := not browser and not faults and not fedify and not clients and not benchmark
NPM := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard tests/*/package-lock.json))
# Tests start a thousand hubs: what Python compiles, it keeps, whatever this shell says.
unexport PYTHONDONTWRITEBYTECODE
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" .cache/lock/bin/pip-compile --quiet --generate-hashes --all-build-deps \
  --allow-unsafe --strip-extras --no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
  --annotation-style line

.PHONY: run demo test quick lint lock locale clean

run: .venv/ready
	@exec $(BIN)/neighbourhub serve --data data --host 127.0.0.1 --port 8000

demo: .venv/ready
	@exec $(BIN)/python -m web.demo

test: need .venv/ready-to-test $(NPM) lint
	$(BIN)/pytest -q -n 2 -m "$(FAST)"
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "browser or faults or fedify or clients"
	$(BIN)/pytest -q -s -m benchmark

quick: .venv/ready-to-test
	$(BIN)/pytest -q -n 2 -m "$(FAST) and not slow" -k "not postgres"

lint: .venv/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/mypy

.PHONY: need
need:
	@sh .ci/need

# The stamps make a second call start at once. Each is older than a lock that `git pull` brings.
.venv/ready: requirements.lock pyproject.toml
	@sh .ci/venv $(PYTHON) requirements.lock
	@touch $@

.venv/ready-to-test: tests/requirements.lock pyproject.toml
	@sh .ci/venv $(PYTHON) tests/requirements.lock
	@touch .venv/ready $@

# Bring the catalogues up to date with the words in templates and code, and say what has no Welsh yet.
locale: .venv/ready
	@$(BIN)/python -m web.i18n extract
	@$(BIN)/python -m web.i18n check

# A server of foreign make to talk to, and a judge of whether everybody can use our pages.
%/node_modules/.package-lock.json: %/package-lock.json | .venv/ready-to-test
	@sh .ci/npm $* ci --no-audit --no-fund
	@touch $@

# Choose again, newest first: the one step that decides what everybody installs. Read the difference before committing it.
lock:
	test -x .cache/lock/bin/pip-compile || { $(PYTHON) -m venv .cache/lock && .cache/lock/bin/pip install -q "pip-tools==7.6.2"; }
	$(COMPILE) --upgrade --extra postgres -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra postgres --extra test -c requirements.lock -o tests/requirements.lock pyproject.toml

# Leaves data/ alone: it is somebody's neighbourhood.
clean:
	rm -rf .venv .cache build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/*/node_modules
	find hub federation web themes tests -name __pycache__ -prune -exec rm -rf {} +
