"""Pages that lead to the next: a CRM, or what stands before it, that leads back must not keep us reading for ever."""

from hashlib import blake2b

from connector.errors import TryAgain


class Trail:
    """The places that pages have led to. `what` names the read in the error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[str] = set()

    def on(self, place: str, page: bytes = b"") -> str:
        """The place to read next. Raises `TryAgain` when a page led there before, or `page` itself came before.

        Who always finds a new name for the next place would lead us on for ever.
        """
        seen = {place, *([blake2b(page).hexdigest()] if page else [])}
        if not seen.isdisjoint(self._seen):
            raise TryAgain(f"{self._what}: a page leads back to one that was read. Nothing is kept; run again.")
        self._seen |= seen
        return place
