"""One family of errors that people can read: what happened, where, and what to do about it."""

from __future__ import annotations


class TlcoreError(Exception):
    """Something the user can act on.

    what: one sentence, plain words. where: the file, row and column (may be empty). fix: what to do next.
    """

    def __init__(self, what: str, where: str = "", fix: str = "") -> None:
        super().__init__(" ".join(part for part in (what, where and f"({where})", fix) if part))
        self.what, self.where, self.fix = what, where, fix

    def to_json(self) -> dict[str, str]:
        return {"what": self.what, "where": self.where, "fix": self.fix}

    @classmethod
    def from_json(cls, parts: dict[str, str]) -> TlcoreError:
        return cls(parts.get("what", ""), parts.get("where", ""), parts.get("fix", ""))


class StopRequested(Exception):
    """The user asked a job to end: `keep` the best so far, `cancel`, or `pause` to go on later."""

    def __init__(self, wish: str) -> None:
        super().__init__(wish)
        self.wish = wish
