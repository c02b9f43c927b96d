"""The key to an API: in memory only. What would write it down by mistake (a log, an error, JSON, a copy) gets nothing."""

from __future__ import annotations

from typing import Any, NoReturn

from tlcore.errors import TlcoreError

HIDDEN = "(hidden)"
SHORTEST = 6
"""Letters of a key that is taken out of what others say; shorter ones would take ordinary words with them."""


class ApiKey:
    """Holds a key; "" for a server that asks for none. Only `reveal` gives it, and only the client that sends it calls that.

    Raises TlcoreError for what cannot be sent as a key, such as two lines; it does not repeat it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value.strip()
        if not (self._value.isascii() and self._value.isprintable()):
            raise TlcoreError("This is no key: it holds letters that none has.", "", "Copy it once more, in one line.")

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"ApiKey{HIDDEN}"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a key is neither copied nor written down")

    def reveal(self) -> str:
        return self._value

    def scrub(self, text: str) -> str:
        """The text without the key, for what a server or a library said."""
        return text.replace(self._value, HIDDEN) if len(self._value) >= SHORTEST else text
