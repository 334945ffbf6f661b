# Short names for the commands of manage.py, which needs no make.
.PHONY: demo test quick lint fmt lock

demo:
	python3 manage.py demo
test:
	python3 manage.py test
quick:
	python3 manage.py test --quick
lint:
	python3 manage.py test --lint
fmt:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .
lock:
	python3 manage.py lock
