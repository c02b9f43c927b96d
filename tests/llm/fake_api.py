"""An HTTP server that speaks both dialects and misbehaves on demand; and a clock on which waiting takes no time."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tlcore.llm.waits import Clock

KEY = "sk-planted-3f9a71c2d8e6b504"


@dataclass
class Asked:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The last text in the words of the user."""
        return self.words.rsplit("<text>\n", 1)[1].split("\n</text>")[0]

    @property
    def words(self) -> str:
        """What the user says, without the picture that goes with it."""
        content = self.body["messages"][-1]["content"]
        return content if isinstance(content, str) else "".join(one["text"] for one in content if one["type"] == "text")

    @property
    def picture(self) -> tuple[str, bytes] | None:
        """Media type and bytes of the picture that came along, in either dialect; None where none did."""
        content = self.body["messages"][-1]["content"]
        for one in [] if isinstance(content, str) else content:
            if one["type"] == "image":
                source = one["source"]
                assert source["type"] == "base64"
                return source["media_type"], base64.b64decode(source["data"], validate=True)
            if one["type"] == "image_url":
                kind, data = one["image_url"]["url"].removeprefix("data:").split(";base64,")
                return kind, base64.b64decode(data, validate=True)
        return None


@dataclass
class Act:
    """What the server does with one request. broken: the body ends in the middle, and with it the connection."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    hang: threading.Event | None = None


Behave = Callable[[Asked, int], Act]
"""The request and how many came for this text before -> what to do."""


def openai_reply(content: Any, read: int = 100, written: int = 10, **choice: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": read, "completion_tokens": written}
    made = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop", **choice}
    return {"choices": [made], "usage": usage}


def anthropic_reply(content: str, read: int = 100, written: int = 10, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": read, "output_tokens": written}
    return {"content": [{"type": "text", "text": content}], "stop_reason": "end_turn", "usage": usage, **more}


def reply(asked: Asked, label: str, **more: Any) -> dict[str, Any]:
    """A well-formed answer in the dialect of the request."""
    said = json.dumps({"label": label})
    return anthropic_reply(said, **more) if asked.path.endswith("/messages") else openai_reply(said, **more)


def by_word(asked: Asked) -> str:
    """The right answer: what stands first in the text."""
    return asked.text.split()[0]


def well(asked: Asked, before: int) -> Act:
    return Act(body=reply(asked, by_word(asked)))


class FakeApi:
    """`behave` may be replaced at any time. `asked`: all that arrived; `answered`: how often each text got status 200."""

    def __init__(self, behave: Behave = well) -> None:
        self.behave = behave
        self.asked: list[Asked] = []
        self.answered: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, asked: Asked) -> Act:
        with self._lock:
            self.asked.append(asked)
            before = self._seen[asked.text]
            self._seen[asked.text] += 1
        act = self.behave(asked, before)
        if act.status == 200 and not act.broken:
            self.answered[asked.text] += 1
        return act

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one piece, or the client waits for the second

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                with api._lock:
                    api.at_once += 1
                    api.most_at_once = max(api.most_at_once, api.at_once)
                try:
                    self.answer(
                        api._take(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(raw)))
                    )
                finally:
                    with api._lock:
                        api.at_once -= 1

            def answer(self, act: Act) -> None:
                if act.hang is not None:
                    act.hang.wait(20)
                data = act.body if isinstance(act.body, bytes) else json.dumps(act.body).encode()
                try:
                    self.send_response(act.status)
                    for name, value in {**act.headers, "content-length": str(len(data))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2] if act.broken else data)
                    self.wfile.flush()
                except OSError:
                    return  # the client went away, as some tests want
                if act.broken:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True

            def log_message(self, *_: Any) -> None: ...

        return Handler


class FakeTime:
    """Waiting only moves the hand. `slept`: every wait."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.time, self.sleep, random.Random(0))
