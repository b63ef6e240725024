"""Keeps an emulator's state in a file between runs."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class StateFile:
    """A JSON file that is replaced whole or not at all. It holds no secrets but those the emulator made up."""

    path: Path

    def load(self) -> dict[str, Any] | None:
        """What was saved, or None when nothing was."""
        if not self.path.exists():
            return None
        state: dict[str, Any] = orjson.loads(self.path.read_bytes())
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file."""
        beside = self.path.with_name(f"{self.path.name}.new")
        with beside.open("wb") as out:
            out.write(orjson.dumps(state))
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self.path)

    def secrets_dir(self) -> Path:
        """A directory beside the file for made-up keys, so that their paths survive a restart."""
        directory = self.path.with_name(f"{self.path.name}.keys")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory
