"""What every test may ask for. `tests/services.py` has the database, the broker and the worker, `tests/internet.py` other people's servers."""

pytest_plugins = ["tests.services", "tests.internet"]
