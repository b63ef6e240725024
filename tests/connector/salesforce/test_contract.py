"""Salesforce keeps the contract."""

from collections.abc import Iterator

import pytest

from connector.emulator.server import Emulator
from tests.connector.contract.suite import CrmContract
from tests.connector.salesforce.side import SalesforceSide, emulated


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with emulated() as emulator:
        yield emulator


class TestSalesforce(CrmContract):
    @pytest.fixture
    def side(self, emulator: Emulator) -> SalesforceSide:
        return SalesforceSide(emulator)
