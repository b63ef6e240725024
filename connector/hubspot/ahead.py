"""Fetching ahead: the next pages arrive while the last ones are parsed and stored."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.05


class _End:
    """The source has ended, by itself or by an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(source: Iterable[T], depth: int) -> Iterator[T]:
    """The items of `source` in order, made by another thread up to `depth` items ahead; its error is raised here."""
    line: queue.Queue[T | _End] = queue.Queue(depth)
    left = threading.Event()
    worker = threading.Thread(target=_fill, args=(source, line, left), name="hubspot-ahead", daemon=True)
    worker.start()
    try:
        while not isinstance(item := line.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        left.set()
        worker.join()


def _fill(source: Iterable[T], line: "queue.Queue[T | _End]", left: threading.Event) -> None:
    end = _End()
    try:
        for item in source:
            if not _put(line, item, left):
                return
    except BaseException as error:  # raised again where the items are read
        end = _End(error)
    _put(line, end, left)


def _put(line: "queue.Queue[T | _End]", item: T | _End, left: threading.Event) -> bool:
    """Whether there was anybody to take the item."""
    while not left.is_set():
        try:
            line.put(item, timeout=_POLL_S)
        except queue.Full:
            continue
        return True
    return False
