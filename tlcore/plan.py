"""The Plan: everything that decides how a run will go, frozen and JSON-able."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tlcore.errors import TlcoreError

VERSIONED = ("torch", "transformers", "peft", "scikit-learn", "onnxruntime", "numpy")


def setting(default: Any, title: str, help: str, **more: Any) -> Any:
    """A field of a strategy's Settings: title and help in plain words; unit, low, high, choices, term if they apply.

    Screens and the command line draw themselves from this metadata.
    """
    return field(default=default, metadata={"title": title, "help": help, **more})


@dataclass(frozen=True)
class Plan:
    """task, strategy and base model by name; `settings` as the strategy's Settings dataclass says; a seed.

    then: the strategy that goes on where this one has only prepared the base model, with its settings.
    """

    task: str
    strategy: str
    base: str
    base_revision: str
    settings: Mapping[str, Any]
    seed: int = 0
    then: str | None = None
    then_settings: Mapping[str, Any] = field(default_factory=dict)
    compute: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, parts: Mapping[str, Any]) -> Plan:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in parts.items() if name in known})


def installed_versions() -> dict[str, str]:
    """The versions of the packages that decide how a run goes."""
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in VERSIONED:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def make_settings(kind: type[Any], wishes: Mapping[str, Any]) -> Any:
    """A strategy's Settings from its defaults and the user's wishes (text or typed), checked against the metadata.

    Raises TlcoreError for a name it does not have, or a value out of range.
    """
    known = {f.name: f for f in fields(kind)}
    values = {}
    for name, wish in wishes.items():
        if name not in known:
            raise TlcoreError(
                f"There is no setting called “{name}” here.", "the plan's settings", f"Settings: {', '.join(known)}."
            )
        values[name] = _convert(known[name], wish)
    return kind(**values)


def _wanted(kind: Any, meta: Mapping[str, Any]) -> str:
    low, high = meta.get("low"), meta.get("high")
    what = {int: "a whole number", float: "a number", bool: "yes or no"}.get(kind, "a value")
    return what if low is None or high is None else f"{what} between {low} and {high}"


def _convert(spec: dataclasses.Field[Any], wish: Any) -> Any:
    meta = spec.metadata
    kind: Any = type(spec.default)
    where = f"the setting “{meta.get('title', spec.name)}” ({spec.name})"
    try:
        if kind is bool and isinstance(wish, str):
            value: Any = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[wish.lower()]
        elif kind is int and isinstance(wish, float) and wish != int(wish):
            raise ValueError(wish)
        else:
            value = kind(wish)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise TlcoreError(
            f"“{wish}” is not a value for it.", where, f"Give {_wanted(kind, meta)}. {meta.get('help', '')}"
        ) from None
    choices, low, high = meta.get("choices"), meta.get("low"), meta.get("high")
    if choices and value not in choices:
        raise TlcoreError(
            f"“{wish}” is not one of its choices.", where, f"Choose from: {', '.join(map(str, choices))}."
        )
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise TlcoreError(f"{wish} is out of range.", where, f"Choose between {low} and {high}.")
    return value
