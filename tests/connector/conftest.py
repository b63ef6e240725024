"""A scripted vendor for as long as a test lasts; failing assertions of the shared suite show their values."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.connector.acme import Wire
from tests.connector.scripted import Reply, Server, scripted

pytest.register_assert_rewrite("tests.connector.contract")


@pytest.fixture
def start() -> Iterator[Callable[..., tuple[Server, Wire]]]:
    """Start a vendor that gives these replies, and a transport to it."""
    with ExitStack() as stack:

        def _start(*replies: Reply, **settings: Any) -> tuple[Server, Wire]:
            server = stack.enter_context(scripted(*replies))
            wire = Wire(server, **settings)
            stack.callback(wire.transport.close)
            return server, wire

        yield _start
