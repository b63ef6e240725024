"""Failing assertions of the shared suite show their values."""

import pytest

pytest.register_assert_rewrite("tests.connector.contract.side", "tests.connector.contract.suite")
