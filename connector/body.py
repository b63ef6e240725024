"""An answer's body as a file that is read while it arrives."""

import io

import requests
import urllib3

from connector.errors import Interrupted


class Body(io.RawIOBase):
    """Bytes of a streamed answer, unpacked. Raises `Interrupted` when the connection drops before the end."""

    def __init__(self, response: requests.Response, where: str) -> None:
        super().__init__()
        self._raw = response.raw
        self._where = where

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all that is left without a size; empty at the end."""
        try:
            return bytes(self._raw.read(None if size < 0 else size, decode_content=True))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            text = f"{self._where}: the connection dropped in the middle of the answer ({type(error).__name__})."
            raise Interrupted(f"{text} Run again.") from error
