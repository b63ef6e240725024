"""The secrets this process knows, kept out of everything it says."""

import re
import threading
from base64 import b64encode
from urllib.parse import quote, quote_plus

_SHORTEST = 8
"""Shorter than this nothing is replaced: it would blot out ordinary words and hide nothing worth hiding."""
_SHAPES = re.compile(
    r"\b00D\w{12,15}![\w.]+|\bpat-[\w-]{8,}|\bBearer \S+|\bBasic [\w+/=]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
"""What looks like a token, a signed assertion or a private key, whoever's it is."""
_known: set[str] = set()
_lock = threading.Lock()


def conceal(secret: str | None) -> None:
    """Never say this, nor its usual encodings. For the whole process: a stack trace does not know whose it quotes."""
    if secret is None:
        return
    with _lock:
        for part in (secret, *secret.splitlines()):
            if len(part.strip()) >= _SHORTEST and not part.startswith("-----"):
                _known.update(_spellings(part.strip()))


def _spellings(secret: str) -> set[str]:
    encoded = {b64encode(secret.encode()).decode().rstrip("="), quote(secret, safe=""), quote_plus(secret)}
    return {secret, repr(secret)[1:-1], *encoded}


def redacted(text: str) -> str:
    """The same text with `...` in place of every secret."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, "...")
    return _SHAPES.sub("...", text)
