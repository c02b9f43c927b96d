"""Which API is asked, which model, what it costs and how gently it is asked. Holds no key. Loads without torch."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from tlcore.errors import TlcoreError

Dialect = Literal["openai", "anthropic"]
USUAL_URLS: dict[Dialect, str] = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
PRICES_OF = "2026-04-30"
"""When the prices below were looked up (list prices, US dollars for a million tokens); they change, so the user's own come first."""
HOSTS = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com")
LIST_PRICES: dict[str, tuple[float, float]] = {
    "gpt-5.5": (5.0, 30.0),
    "gpt-5.4": (2.5, 15.0),
    "gpt-5.4-mini": (0.75, 4.5),
    "claude-opus-4-7": (5.0, 25.0),
    "claude-sonnet-4-6": (3.0, 15.0),
    "claude-haiku-4-5": (1.0, 5.0),
    "gemini-3.1-pro": (2.0, 12.0),
    "gemini-3.1-flash-lite": (0.25, 1.5),
}


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens, read and written. whence: who says so."""

    read: float
    written: float
    whence: str = "given by you"

    def of(self, read: float, written: float) -> float:
        """Dollars for so many tokens."""
        return (read * self.read + written * self.written) / 1e6


@dataclass(frozen=True)
class Service:
    """base_url: as the maker gives it, or "" for the maker's own. price: the user's, or None for the list's.

    longest_answer: tokens, of which a model that thinks first needs more.
    """

    dialect: Dialect
    model: str
    base_url: str = ""
    price: Price | None = None
    longest_answer: int = 512

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise TlcoreError("Which model is to be asked is not said.", "", "Give the name the service has for it.")
        if self.dialect not in USUAL_URLS:
            raise TlcoreError(f"There is no way of asking called “{self.dialect}”.", "", "Choose openai or anthropic.")
        parts = urlsplit(self.url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise TlcoreError(
                "This is not an address of an API.", parts.hostname or "", "Give one such as http://127.0.0.1:11434/v1."
            )

    @property
    def url(self) -> str:
        return (self.base_url.strip() or USUAL_URLS.get(self.dialect, "")).rstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that nothing leaves it."""
        return self.host == "localhost" or _address(self.host).is_loopback

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine or in a network of one's own, where a plain connection is usual."""
        if self.is_here or ("." not in self.host.strip(".") and ":" not in self.host):
            return True
        return _address(self.host).is_private or self.host.endswith((".local", ".lan", ".internal", ".home.arpa"))

    @property
    def id(self) -> str:
        """What an answer depends on besides the words sent."""
        said = "\n".join([self.dialect, self.url, self.model, str(self.longest_answer)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def check_safe(self, has_key: bool) -> None:
        """Raises TlcoreError where a key would travel openly over the internet."""
        if has_key and urlsplit(self.url).scheme == "http" and not self.is_near:
            raise TlcoreError(
                "Over a plain http address anybody on the way could read your key.", self.host, "Use its https address."
            )

    def known_price(self) -> Price | None:
        """The user's; nothing for a model on this machine; the list's for a maker's own API; else None: not known."""
        if self.price is not None:
            return self.price
        if self.is_here:
            return Price(0.0, 0.0, "it runs on this machine")
        if self.host not in HOSTS:
            return None
        fits = [name for name in LIST_PRICES if _is_version_of(self.model, name)]
        if not fits:
            return None
        return Price(*LIST_PRICES[max(fits, key=len)], f"list price of {PRICES_OF}")


def _is_version_of(model: str, name: str) -> bool:
    """claude-haiku-4-5-20251001 is a claude-haiku-4-5; gpt-5.4-mini is no gpt-5.4."""
    rest = model.removeprefix("models/").removeprefix(name)
    dated = rest.removesuffix("-preview").removesuffix("-latest").replace("-", "")
    return model.removeprefix("models/").startswith(name) and (not dated or (rest[0] == "-" and dated.isdigit()))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """A public address for what is a name, which is then neither here nor near."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return ipaddress.ip_address("8.8.8.8")


@dataclass(frozen=True)
class Pace:
    """How gently a service is asked. seconds: after which a request counts as lost. tries: of each, the first included."""

    requests_per_minute: int = 120
    parallel: int = 4
    seconds: float = 60.0
    tries: int = 6
