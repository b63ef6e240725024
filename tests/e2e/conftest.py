"""Both CRMs, served in this process for as long as a test lasts."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connector.emulator.server import Emulator
from tests.e2e.harness import Serve, Tossup


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start an emulated CRM with a world: `serve("hubspot", "demo")`."""
    with ExitStack() as stack:

        def start(crm: str, world: str = "demo", **options: Any) -> Tossup:
            emulator = stack.enter_context(Emulator(crm, world, **options))
            folder = tmp_path / f"{crm}-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            root = str(Path(__file__).parents[2])
            env = {
                **emulator.announcement["env"][crm],
                "TOSSUP_STATE_DIR": str(folder / "store"),
                "PYTHONPATH": root,
            }
            return Tossup(crm=crm, emulator=emulator, env=env, folder=folder)

        yield start
