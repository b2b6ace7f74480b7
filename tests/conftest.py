"""What every test may ask for. `tests/services.py` has the database, the broker and the worker."""

pytest_plugins = ["tests.services"]
