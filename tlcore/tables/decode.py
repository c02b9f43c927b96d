"""Bytes become text: the encoding is what the file says, else UTF-8, else the best guess, which is said."""

from __future__ import annotations

import codecs
import re

from tlcore.errors import TlcoreError

LOOK_AT = 100_000  # bytes that the guess may look at; more is slow and no better
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings that spreadsheets really come in; more candidates only add exotic wrong answers.
_LIKELY = (
    "cp1252 mac_roman cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp932 gb18030 big5 cp949 euc_jp koi8_r cp437"
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(data: bytes, encoding: str | None, file: str) -> tuple[str, str, list[str]]:
    """The text, the name of its encoding, sentences about it. Raises TlcoreError for what is no text."""
    said: list[str] = []
    marked = _marked(data)
    if encoding:
        text, name = _as_asked(data, encoding, file), encoding
    elif marked is not None:
        text, name = data.decode(marked, "replace"), marked
        said = _about_broken(text)
    else:
        text, name, said = _guessed(data)
    text = text.removeprefix("\ufeff")
    _refuse_binary(text, file)
    return text, name, said


def _as_asked(data: bytes, encoding: str, file: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TlcoreError(
            f"The file is not {encoding}.", f"{file}, line {line}", "Choose another encoding, or let it be found."
        ) from error
    except (LookupError, ValueError) as error:
        raise TlcoreError(f'There is no encoding called "{encoding}".', file, "Try utf-8 or cp1252.") from error


def _marked(data: bytes) -> str | None:
    """The encoding that a byte order mark, or the pattern of zero bytes in UTF-16, gives away."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    sample = data[:4000]
    half = len(sample) // 2
    if half >= 2 and 0 in sample:
        if sample[1::2].count(0) > 0.4 * half and sample[0::2].count(0) < 0.1 * half:
            return "utf-16-le"
        if sample[0::2].count(0) > 0.4 * half and sample[1::2].count(0) < 0.1 * half:
            return "utf-16-be"
    return None


def _guessed(data: bytes) -> tuple[str, str, list[str]]:
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(1 for char in text[:LOOK_AT] if char > "\x7f" and char != "\ufffd")
    if broken * 10 < good:  # UTF-8 with a few bytes spoiled; another encoding would spoil all the others
        return text, "utf-8", _about_broken(text)
    name = _best_guess(data)
    said = [f"The file is not UTF-8; it was read as {name}. If letters look wrong, choose another encoding."]
    text = data.decode(name, "replace")
    return text, name, said + _about_broken(text)


def _best_guess(data: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = data[:LOOK_AT]
    if len(data) > LOOK_AT:  # do not cut in the middle of a character
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    found = from_bytes(sample, cp_isolation=_LIKELY.split(), preemptive_behaviour=False)
    best = found.best()
    if best is None:
        return "cp1252"
    for other in found:  # among near equals the commonest encoding is the likelier: £ is £, not Ł
        fits = "cp1252" in (other.encoding, *other.could_be_from_charset)
        if fits and other.chaos <= best.chaos + 0.005 and other.coherence >= best.coherence - 0.05:
            return "cp1252"
    return best.encoding


def _about_broken(text: str) -> list[str]:
    broken = text.count("\ufffd")
    if not broken:
        return []
    what = "1 character" if broken == 1 else f"{broken:,} characters"
    return [f"{what} could not be read and {'is' if broken == 1 else 'are'} shown as \ufffd."]


def _refuse_binary(text: str, file: str) -> None:
    where = text.find("\0")
    sample = text[:LOOK_AT]
    if where < 0 and len(_CONTROL.findall(sample)) <= 0.02 * len(sample):
        return
    line = f", line {text.count(chr(10), 0, where) + 1}" if where >= 0 else ""
    raise TlcoreError(
        "The file holds bytes that are not text.", f"{file}{line}", "Save the table as .xlsx or as .csv (UTF-8)."
    )
