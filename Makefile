# rumbl. Every target sets up what it needs by itself and is safe to repeat; `make help` lists them.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where bytecode may not be kept, every process of a test run compiles the whole site anew: 1 s of CPU each.
unexport PYTHONDONTWRITEBYTECODE

SET_UP := @./scripts/bootstrap
# A suite waits as much as it works, or more: with four processes it keeps two cores busy, or with six.
IN_PARALLEL := --workers 4
WAITING := --workers 6
# Narrow a test run: make test-web T=tests/test_router.py, or with pytest's own words: make test-core T="-k slug -x"
T ?=

##@ Serve
.PHONY: run worker console routes observe conformance-server
run: ## The site on http://localhost:4000 (HOST, PORT, WORKERS, REDIS_URL, RUMBL_DATA, DATABASE_URL, WOLFRAM_APP_ID)
	$(SET_UP) apps assets
	@exec rumbl-web serve --config config

worker: ## Answers questions for a site with the same INFO_SYS_REDIS_URL
	$(SET_UP) apps
	@info-sys worker

console: ## A Python prompt with the apps started and no server
	$(SET_UP) apps
	@rumbl-web console --config config

routes: ## Every route: method, path, endpoint
	$(SET_UP) apps
	@rumbl-web routes --config config

observe: ## What runs and waits in the site that is running (T=--help)
	$(SET_UP) apps
	@rumbl-web observe $(T)

conformance-server: ## The server that channel clients are tested against, on PORT (4001); never in production
	$(SET_UP) apps tools
	@exec python -m tests.conformance.server --port $(or $(PORT),4001)

##@ Database
.PHONY: migrate seed
migrate: ## Bring the database up to date
	$(SET_UP) apps
	@rumbl-core --config config migrate

seed: ## Put in the categories, the demo account and the demo video (safe to repeat)
	$(SET_UP) apps
	@rumbl-core --config config seed

##@ Test
.PHONY: test test-core test-web test-info-sys test-js test-fuzz test-workers
test: ## Every suite, app by app, with real PostgreSQL, sockets and Chromium (T= narrows)
	$(SET_UP) apps tools assets clients
	@./scripts/ensure_chromium
	@./scripts/ensure_redis
	@./scripts/ensure_nginx
	@python scripts/run_tests.py $(T)

test-info-sys: ## The suite of info_sys alone
	$(SET_UP) apps tools
	@./scripts/ensure_redis
	@cd apps/info_sys && pytest -c ../../pyproject.toml $(or $(T),$(WAITING) tests)

test-core: ## The suite of rumbl_core alone
	$(SET_UP) apps tools
	@cd apps/rumbl_core && pytest -c ../../pyproject.toml $(or $(T),$(IN_PARALLEL) tests)

test-web: ## The suite of rumbl_web alone
	$(SET_UP) apps tools assets
	@./scripts/ensure_redis
	@cd apps/rumbl_web && pytest -c ../../pyproject.toml $(or $(T),$(WAITING) tests)

test-js: ## The front end's own tests, under Node
	$(SET_UP) node
	@cd apps/rumbl_web/assets && npm test --silent

test-fuzz: ## Chance at the channel protocol, 100,000 examples, and at forms, 10,000: about two minutes
	$(SET_UP) apps tools
	@RUMBL_FUZZ=100000 pytest -q --workers 2 --timeout 600 apps/rumbl_web/tests/phoenix/test_fuzz.py \
		tests/conformance/test_fuzz.py apps/rumbl_web/tests/walks/test_nasty.py::test_any_text_anywhere

test-workers: ## 1,000 questions through Celery while its workers are killed 20 times, about two minutes
	$(SET_UP) apps tools
	@./scripts/ensure_redis
	@cd apps/info_sys && INFO_SYS_FULL=1 pytest -c ../../pyproject.toml tests/test_workers.py

##@ Quality
.PHONY: lint format types imports audit docs messages precommit
lint: ## Everything that reads the code: format, ruff, types, imports, spelling; prints the sizes
	$(SET_UP) apps tools
	ruff format --check .
	ruff check .
	mypy
	lint-imports --no-logo
	git ls-files -z | xargs -0 codespell
	python scripts/sizes.py

format: ## Rewrite the Python files in the one format
	$(SET_UP) tools
	ruff check --fix --exit-zero --quiet .
	ruff format .

types: ## mypy, strict
	$(SET_UP) apps tools
	mypy

imports: ## Who may import whom
	$(SET_UP) apps tools
	lint-imports --no-logo

audit: ## Known vulnerabilities of the pinned versions and of the front end's (asks the internet)
	$(SET_UP) apps tools assets
	python scripts/audit.py
	cd apps/rumbl_web/assets && npm audit --omit=dev

docs: ## Write the generated tables into the documentation
	$(SET_UP) apps tools
	python scripts/write_docs.py

messages: ## Collect the texts for people into the catalogues of translations
	$(SET_UP) apps tools
	python scripts/messages.py

precommit: lint test ## What .ci/run does, without the first start

##@ Build and measure
.PHONY: assets dist bench soak screenshots clean
assets: ## Bundle the front end into rumbl_web
	$(SET_UP) assets

dist: ## The three wheels, in dist/
	$(SET_UP) apps tools assets
	@python scripts/build_wheels.py dist

bench: ## rumbl next to its peers: fan-out, round trips, memory, joins, storms (about half an hour)
	$(SET_UP) apps tools
	@python -m tests.bench

soak: ## The whole site under 1,000 writers while its parts are killed: MINUTES=60 SEED=1 (T=--help)
	$(SET_UP) apps tools
	@./scripts/ensure_redis
	@python -m tests.soak --minutes $(or $(MINUTES),60) --seed $(or $(SEED),1) $(T)

screenshots: ## The pictures of the documentation, taken by the browser tests
	$(SET_UP) apps tools assets
	@./scripts/ensure_chromium
	@RUMBL_SCREENSHOTS=docs/images pytest -q tests/browser

clean: ## Remove everything that make made, except the data in .rumbl
	rm -rf .venv .tools dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	rm -rf apps/rumbl_web/assets/node_modules apps/rumbl_web/src/rumbl_web/static/assets

##@ Help
.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
