"""The token in use, and its renewal: once for all threads that were refused together."""

import threading
from collections.abc import Callable

from connector.redaction import conceal
from connector.wire import Token

_EARLY_S = 300.0
"""A token is renewed this long, or a tenth of its life, before it ends."""


class Tokens:
    """Keeps a token. Without `login` it is a fixed one, or none, and is never renewed."""

    def __init__(self, fixed: str | None, login: Callable[[], Token] | None, clock: Callable[[], float]) -> None:
        conceal(fixed)
        self._token = Token(value=fixed) if fixed else None
        self._until: float | None = None
        self._login = login
        self._clock = clock
        self._lock = threading.RLock()

    @property
    def renewable(self) -> bool:
        """Whether a refused token can be replaced."""
        return self._login is not None

    def current(self) -> Token | None:
        """The token to use now, signing in first where there is none or its end is near."""
        with self._lock:
            due = self._until is not None and self._clock() >= self._until
            if self._token is None or due:
                self.renew(instead_of=self._token.value if self._token else None)
            return self._token

    def renew(self, *, instead_of: str | None) -> None:
        """Sign in, unless another thread has done so since `instead_of` was used."""
        with self._lock:
            if self._login is None or (self._token is not None and self._token.value != instead_of):
                return
            token = self._login()
            conceal(token.value)
            life_s = token.good_for_s
            self._until = self._clock() + life_s - min(_EARLY_S, life_s / 10) if life_s else None
            self._token = token
