"""The harness of all tests that run whole instances: tests/harness."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "harness"))
from fixtures import instance, make_instance, pytest_configure, wide_instance  # noqa: E402, F401
