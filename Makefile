# make test   everything that must hold before a merge
# make demo   the main job on real data; writes demo-report/
#
# Both make their own virtual environments; they need make, a package index and Python >= 3.11.
# To choose the interpreter: make test PYTHON=/path/to/python

PYTHON ?= python3

# The first that is new enough and can make virtual environments; a chosen one, or none.
CANDIDATES := $(PYTHON)
ifeq ($(origin PYTHON),file)
CANDIDATES += python3.13 python3.12 python3.11 python3.14 python
endif
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
FIND_PYTHON = for p in $(CANDIDATES); do \
	"$$p" -c "$(SUITABLE)" >/dev/null 2>&1 && { echo "$$p"; exit 0; }; done; \
	echo "scorebundle needs Python 3.11 or newer with the venv module; tried: $(CANDIDATES)." \
	"Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1

PIP := -m pip --disable-pip-version-check install
SOURCES := $(shell find bundle runtime exporters serving schemas -type f ! -name '*.pyc' 2>/dev/null)

.PHONY: demo test lint venv bench bench-pmml bench-serving image-test random-pipelines \
	serving-test pmml-peers compat clean

test: lint
	OMP_NUM_THREADS=1 .venv/bin/pytest -n auto

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

demo: .venv/ready .venv-runtime/ready
	.venv/bin/python examples/demo.py --runtime-python .venv-runtime/bin/python --report demo-report

# Scoring beside all peers that can be installed; hours the first time, and it can be interrupted.
# Options: make bench BENCH="--model forest --quick"
bench: .venv-bench/ready .venv-lleaves/ready
	.venv-bench/bin/python benchmarks/run.py $(BENCH)
	@if command -v java >/dev/null; then $(MAKE) bench-pmml; \
		else echo "PMML is not compared with other evaluators here: there is no Java."; fi

# Scoring of PMML beside evaluators on Java; prints a table.
bench-pmml: .venv-bench/ready .venv-pmml/ready
	.venv-bench/bin/python benchmarks/pmml.py --peers .venv-pmml/bin/python

# The server against its peers; makes an environment for them, which takes minutes.
bench-serving: .venv/ready .venv-peers/ready
	.venv/bin/python benchmarks/serving.py --peers .venv-peers/bin/python

# Pipelines drawn at random from the whole table of estimators, compared on rows they have not
# seen; writes random-pipelines.md. Options: make random-pipelines PIPELINES="--count 5000"
random-pipelines: .venv/ready
	.venv/bin/python -m tests.random_pipelines $(PIPELINES)

# Builds the image and runs it as its users do; sets up a docker engine where there is none.
image-test: .venv/ready
	bash tests/image/engine.sh
	.venv/bin/pytest tests/image/check_image.py -s

# The contract suite under older releases of scikit-learn and XGBoost, in environments of their
# own; writes compat-report/. Options: make compat COMPAT="--only 1.5 -k XGB"
compat: .venv/ready
	.venv/bin/python -m tests.compat $(COMPAT)

# The server's promises at full length: swaps, crashes, fuzzed requests and bundles. Half an hour.
serving-test: .venv/ready
	.venv/bin/pytest tests/test_serving_promises.py -s --full

# Other evaluators of PMML (on Java) score what we write, over the whole table; prints a report.
pmml-peers: .venv/ready .venv-pmml/ready
	OMP_NUM_THREADS=1 .venv/bin/pytest tests/peers/check_peers.py -n auto

venv: .venv/ready

# For development: editable, with the training libraries and the linters.
.venv/ready: pyproject.toml
	python=$$($(FIND_PYTHON)) && rm -rf .venv && "$$python" -m venv .venv
	.venv/bin/python $(PIP) -e '.[export,dev]'
	touch $@

# What a service installs: the runtime alone, without any training library.
.venv-runtime/base: pyproject.toml
	python=$$($(FIND_PYTHON)) && rm -rf .venv-runtime && "$$python" -m venv .venv-runtime
	touch $@

.venv-runtime/ready: .venv-runtime/base $(SOURCES)
	.venv-runtime/bin/python $(PIP) .
	touch $@

.venv-peers/ready: .venv/ready benchmarks/peers.txt
	python=$$($(FIND_PYTHON)) && rm -rf .venv-peers && "$$python" -m venv .venv-peers
	.venv/bin/pip freeze | grep -iE '^(scikit-learn|xgboost|numpy|pandas|scipy|joblib)==' \
		> .venv-peers/constraints.txt
	.venv-peers/bin/python $(PIP) -r benchmarks/peers.txt -c .venv-peers/constraints.txt
	touch $@

# Evaluators of PMML, apart from everything else: one of them is under the AGPL.
.venv-pmml/ready: benchmarks/peers-pmml.txt
	python=$$($(FIND_PYTHON)) && rm -rf .venv-pmml && "$$python" -m venv .venv-pmml
	.venv-pmml/bin/python $(PIP) -r benchmarks/peers-pmml.txt
	touch $@

# Ourselves and what we are compared with. A peer that cannot be installed is left out, and the
# page says so.
.venv-bench/ready: pyproject.toml benchmarks/peers-scoring.txt
	python=$$($(FIND_PYTHON)) && rm -rf .venv-bench && "$$python" -m venv .venv-bench
	.venv-bench/bin/python $(PIP) -e '.[export]' -c benchmarks/peers-scoring.txt
	grep -v '^#' benchmarks/peers-scoring.txt | while read -r peer; do \
		.venv-bench/bin/python $(PIP) -c benchmarks/peers-scoring.txt "$$peer" \
		|| echo "$$peer cannot be installed here: it is left out" >&2; done
	touch $@

# lleaves needs an older llvmlite than ours, hence has an environment of its own.
.venv-lleaves/ready: benchmarks/peers-lleaves.txt
	python=$$($(FIND_PYTHON)) && rm -rf .venv-lleaves && "$$python" -m venv .venv-lleaves
	.venv-lleaves/bin/python $(PIP) -r benchmarks/peers-lleaves.txt \
		|| echo "lleaves cannot be installed here: it is left out" >&2
	touch $@

clean:
	rm -rf .venv .venv-runtime .venv-peers .venv-bench .venv-lleaves .venv-pmml .venv-compat build dist
	rm -rf demo-report compat-report
	rm -rf benchmarks/results benchmarks/.cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
