"""Who is told how far a piece of work is, and asked whether to go on."""

from __future__ import annotations

from typing import Any, Protocol


class Listener(Protocol):
    """A job, the command line, or nobody. `check_stop` raises StopRequested where an end was asked for."""

    def phase(self, name: str, title: str) -> None: ...
    def emit(self, kind: str, **fields: Any) -> None: ...
    def check_stop(self) -> None: ...


class Nobody:
    """Hears nothing, and never wants an end."""

    def phase(self, name: str, title: str) -> None: ...
    def emit(self, kind: str, **fields: Any) -> None: ...
    def check_stop(self) -> None: ...
