"""Runs in this process log no call."""

import logging

import pytest
import structlog


@pytest.fixture(autouse=True, scope="session")
def quiet() -> None:
    """As `tossup` does without --debug."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
