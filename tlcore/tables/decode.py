"""Bytes become text: the encoding is what the file says, else UTF-8, else the best guess, which is said."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from tlcore.errors import TlcoreError
from tlcore.tables.encodings import best_guess, is_likely
from tlcore.tables.source import Source

LOOK_AT = 100_000  # bytes that the guess may look at; more is slow and no better
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SEPARATORS = "\x01\x02\x1e\x1f"  # control characters that some programs put between cells
_INNER_MARK = re.compile("(?<=[\r\n])\ufeff")  # where files that begin with a byte order mark were joined
_JAPANESE_MAIL = re.compile(
    rb"\x1b\$[@B][^\x1b\r\n]{2,2000}\x1b\([BJ]"
)  # seven bits a byte, and signs that switch the letters
_PADDING = "\0\x1a"  # what old systems fill the last block of a file with


def decode(data: bytes, encoding: str | None, file: str) -> tuple[str, str, list[str]]:
    """The text, the name of its encoding, sentences about it. Raises TlcoreError for what is no text."""
    said: list[str] = []
    marked = _marked(data)
    if encoding:
        text, name = _as_asked(data, encoding, file), encoding
    elif marked is not None:
        if marked.startswith("utf-16") and len(data) % 2 and data[-1] in b"\r\n\0 ":
            data = data[:-1]  # a line end that was added byte by byte
        text, name = data.decode(marked, "replace"), marked
        said = _about_broken(text.count("\ufffd"))
    else:
        text, name, said = _guessed(data)
    text = _INNER_MARK.sub("", text.removeprefix("\ufeff"))
    padding = len(text) - len(text.rstrip(_PADDING))
    if padding > 1:
        said = [*said, f"{padding:,} empty bytes (NUL) at the end of the file are left out."]
    text = text.rstrip(_PADDING)
    _refuse_binary(text, file)
    return text, name, said


def _as_asked(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _is_not(encoding, file, line) from error
    except (LookupError, ValueError) as error:
        raise _no_such_encoding(encoding, file) from error


def _is_not(encoding: str, file: str, line: int) -> TlcoreError:
    return TlcoreError(
        f"The file is not {encoding}.", f"{file}, line {line}", "Choose another encoding, or let it be found."
    )


def _no_such_encoding(encoding: str, file: str) -> TlcoreError:
    return TlcoreError(f'There is no encoding called "{encoding}".', file, "Try utf-8 or cp1252.")


def _marked(data: bytes) -> str | None:
    """The encoding that a byte order mark, or the pattern of zero bytes in UTF-16, gives away."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if b"\x1b$" in data and _JAPANESE_MAIL.search(data) and data.isascii():
        return "iso2022_jp"
    sample = data[:4000]
    half = len(sample) // 2
    if half >= 2 and 0 in sample:
        if sample[1::2].count(0) > 0.4 * half and sample[0::2].count(0) < 0.1 * half:
            return "utf-16-le"
        if sample[0::2].count(0) > 0.4 * half and sample[1::2].count(0) < 0.1 * half:
            return "utf-16-be"
        return _wide(sample)
    return None


def _wide(sample: bytes) -> str | None:
    """UTF-16 of a script whose letters have no zero byte: only its commas, digits and line ends have one."""
    for name, zeros, others in (("utf-16-le", sample[1::2], sample[0::2]), ("utf-16-be", sample[0::2], sample[1::2])):
        if zeros.count(0) >= 2 and not others.count(0):
            text = sample[: len(sample) // 2 * 2].decode(name, "replace")
            strange = sum(not (char.isprintable() or char in "\r\n\t\ufeff") for char in text)
            if strange <= 0.01 * len(text) and ("\n" in text or "\r" in text):
                return name
    return None


def encoding_of(source: Source, asked: str | None) -> tuple[str, list[str]]:
    """The encoding of a large file and sentences about it, without holding it. Raises TlcoreError for no text."""
    name = asked or _marked(source.head(4_000))
    said: list[str] = []
    found = _scanned(source, name or "utf-8", strict=asked is not None)
    if name is None:
        name = "utf-8"
        if found.broken and found.broken * 10 >= found.good:
            name = best_guess(found.telling)
            said = [_not_utf8_words(name)]
            found = _scanned(source, name, strict=False)
    if found.zeros:
        raise _no_text(source.name)
    return name, said + _about_broken(found.broken)


@dataclass
class _Scan:
    """broken: characters that cannot be read; good: about how many outside ASCII can; telling: lines that have some."""

    broken: int = 0
    good: int = 0
    zeros: bool = False
    telling: bytes = b""


def _scanned(source: Source, name: str, strict: bool) -> _Scan:
    scan, line = _Scan(), 1
    try:
        decoder = codecs.getincrementaldecoder(name)("strict" if strict else "replace")
        with source.open() as file:
            while chunk := file.read(_CHUNK):
                text = decoder.decode(chunk)
                scan.zeros = scan.zeros or "\0" in text
                line += text.count("\n")
                if not chunk.isascii():
                    broken = text.count("\ufffd")
                    scan.broken += broken
                    scan.good += max(len(chunk) - len(text) - broken, 0)
                    scan.telling += _telling(chunk) if len(scan.telling) < LOOK_AT else b""
    except UnicodeDecodeError as error:
        raise _is_not(name, source.name, line) from error
    except (LookupError, ValueError) as error:
        raise _no_such_encoding(name, source.name) from error
    return scan


def _guessed(data: bytes) -> tuple[str, str, list[str]]:
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(1 for char in text[:LOOK_AT] if char > "\x7f" and char != "\ufffd")
    if broken * 10 < good:  # UTF-8 with a few bytes spoiled; another encoding would spoil all the others
        return _lines_apart(data)
    name = best_guess(_telling(data))
    text = data.decode(name, "replace")
    return text, name, [_not_utf8_words(name), *_about_broken(text.count("\ufffd"))]


def _lines_apart(data: bytes) -> tuple[str, str, list[str]]:
    """UTF-8 in which some lines, as where files were joined, are wholly in another encoding."""
    lines = data.splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if not line.isascii() and _is_all_broken(line)]
    sample = b"\n".join(lines[i] for i in places[:1_000])
    few = sum(byte > 0x7F for byte in sample) < 2  # one stray byte tells no encoding
    if few or not is_likely(sample, name := best_guess(sample)):
        text = data.decode("utf-8", "replace")
        return text, "utf-8", _about_broken(text.count("\ufffd"))
    others = set(places)
    text = "".join(line.decode(name if i in others else "utf-8", "replace") for i, line in enumerate(lines))
    many = "1 line is" if len(places) == 1 else f"{len(places):,} lines are"
    said = f"{many} in another encoding than the rest and read as {name} (the first is line {places[0] + 1})."
    return text, "utf-8", [said, *_about_broken(text.count("\ufffd"))]


def _is_all_broken(line: bytes) -> bool:
    """Whether not one letter outside ASCII is UTF-8."""
    text = line.decode("utf-8", "replace")
    return "\ufffd" in text and all(char <= "\x7f" or char == "\ufffd" for char in text)


def _telling(data: bytes) -> bytes:
    """The lines with letters outside ASCII, which alone tell the encoding; at most LOOK_AT bytes."""
    lines = (line for line in re.split(rb"[\r\n]", data) if not line.isascii())
    parts, size = [], 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > LOOK_AT:
            break
    return b"\n".join(parts)


def _not_utf8_words(name: str) -> str:
    return f"Its letters are stored in an older way ({name}). If letters such as é or ü look wrong, choose another one."


def _about_broken(broken: int) -> list[str]:
    if not broken:
        return []
    what = "1 character" if broken == 1 else f"{broken:,} characters"
    return [f"{what} could not be read and {'is' if broken == 1 else 'are'} shown as \ufffd."]


def _refuse_binary(text: str, file: str) -> None:
    where = text.find("\0")
    sample = text[:LOOK_AT]
    controls = Counter(_CONTROL.findall(sample))
    separator = max(_SEPARATORS, key=lambda char: controls[char])
    if where < 0 and controls.total() - controls[separator] <= 0.02 * len(sample) and _is_ink(sample, separator):
        return
    line = f", line {text.count(chr(10), 0, where) + 1}" if where >= 0 else ""
    raise _no_text(f"{file}{line}")


def _is_ink(sample: str, separator: str) -> bool:
    """Whether there is more text than separators."""
    return sample.count(separator) * 2 <= len(sample)


def _no_text(where: str) -> TlcoreError:
    return TlcoreError("The file holds bytes that are not text.", where, "Save the table as .xlsx or as .csv (UTF-8).")
