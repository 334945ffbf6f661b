# Short names for the commands of manage.py, which needs no make.
.PHONY: demo test quick lint fmt bench faults lock

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
bench:
	python3 manage.py bench
faults:
	python3 manage.py faults
lock:
	python3 manage.py lock
