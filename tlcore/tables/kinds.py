"""What kind of file this is: by its first bytes before its name, because names lie."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import PurePath

from tlcore.errors import TlcoreError
from tlcore.tables.limits import Limits
from tlcore.tables.source import Source

TEXT_ENDINGS = frozenset(
    [".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".data", ".log", ".asc", ".text", ".md", ".markdown", ""]
)
PARQUET_ENDINGS = frozenset([".parquet", ".pq"])
JSON_ENDINGS = frozenset([".json", ".jsonl", ".ndjson"])
SHEET_ENDINGS = {".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods"}
TABLE_ENDINGS = frozenset([*TEXT_ENDINGS, *JSON_ENDINGS, *PARQUET_ENDINGS, *SHEET_ENDINGS]) - {
    "",
    ".log",
    ".md",
    ".markdown",
}
_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|meta|style|table)[\s>]")
_MAIL = frozenset([b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"received", b"return-path"])
_MAIL_LINE = re.compile(rb"([A-Za-z-]{2,40}): |[ \t]|From \S{3,200} .{0,60}\d\d:\d\d")
SAVE_AS = "Save the table as .xlsx or .csv and choose that file."
_REFUSED = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"7z\xbc\xaf", "a compressed file (7-Zip)"),
    (b"Rar!", "a compressed file (RAR)"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"{\\rtf", "a text document (RTF)"),
)


def kind_of(source: Source, limits: Limits) -> tuple[str, list[str]]:
    """The format (csv, json, jsonl, xlsx, xls, ods, parquet, html, xml) and sentences about a name that does not fit.

    Raises TlcoreError for what is no table.
    """
    name, data = source.name, source.head()
    ending = PurePath(name).suffix.lower()
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _said(_inside_zip(source), ending)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in source.read(limits):
            raise TlcoreError(
                "The file is locked with a password.", name, "Save it without a password, then try again."
            )
        return _said("xls", ending)
    if data[:4] == b"PAR1":
        return "parquet", [] if ending in PARQUET_ENDINGS else [_other_kind(ending, "a Parquet file")]
    for magic, what in _REFUSED:
        if data.startswith(magic):
            raise TlcoreError(f"This is {what}, not a table.", name, SAVE_AS)
    markup = _markup(data)
    if markup:
        return markup, [_other_kind(ending, "a web page" if markup == "html" else "Excel 2003 XML")]
    if _is_mail(data):
        raise TlcoreError(
            "This is an e-mail or a mailbox, not a table.", name, "Export the messages from the mail program as .csv."
        )
    if ending not in JSON_ENDINGS and _is_json(data):
        return "jsonl", [_other_kind(ending, "JSON")]
    return _text_kind(ending, name)


def _markup(head: bytes) -> str:
    """html for what begins like a web page, xml for Excel 2003 XML and other XML, "" for neither."""
    start = head[:2_000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<?xml", b"<workbook")):
        return "html" if b"<html" in start else "xml"
    return "html" if _PAGE.match(start) else ""


def _is_mail(head: bytes) -> bool:
    """Whether it begins with the lines that stand above every e-mail."""
    names = set()
    for line in head[:8_000].splitlines():
        found = _MAIL_LINE.match(line)
        if found is None:
            break
        names.add((found.group(1) or b"").lower())
    return len(names & _MAIL) >= 3 or head.startswith(b"MIME-Version:")


def _is_json(head: bytes) -> bool:
    """Whether a text begins with a whole JSON object, or with a list of them."""
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n[")
    if not text.startswith('{"') and not text.startswith("{ "):
        return False
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict)


def _text_kind(ending: str, name: str) -> tuple[str, list[str]]:
    if ending in JSON_ENDINGS:
        return ("json" if ending == ".json" else "jsonl"), []
    if ending in TEXT_ENDINGS:
        return "csv", []
    if ending in SHEET_ENDINGS:
        return "csv", [f"The name ends in {ending}, but the file is plain text; it was read as CSV."]
    raise TlcoreError(f"Files that end in {ending} cannot be read.", name, SAVE_AS)


def _inside_zip(source: Source) -> str:
    name = source.name
    try:
        with source.open() as opened, zipfile.ZipFile(opened) as archive:
            names = set(archive.namelist())
            mimetype = b""
            if "mimetype" in names:
                with archive.open("mimetype") as opened_part:
                    mimetype = opened_part.read(200)
    except Exception as error:  # a broken archive makes zipfile raise a dozen different ones
        raise damaged(name) from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    for part, what in (
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "a presentation"),
        ("xl/workbook.bin", "a binary workbook (.xlsb)"),
        ("Index/Document.iwa", "a Numbers or Pages document"),
    ):
        if part in names:
            raise TlcoreError(f"This is {what}, not a table that can be read.", name, SAVE_AS)
    if b"opendocument" in mimetype:
        raise TlcoreError("This is a document, not a spreadsheet.", name, SAVE_AS)
    if any(entry.startswith("xl/") for entry in names):  # a workbook under another name for its first part
        return "xlsx"
    raise TlcoreError("This is a zip archive, not a table.", name, "Unpack it and choose the table inside.")


def damaged(name: str) -> TlcoreError:
    return TlcoreError(
        "The workbook is damaged and cannot be opened.", name, f"Open it in Excel or LibreOffice. {SAVE_AS}"
    )


def _said(kind: str, ending: str) -> tuple[str, list[str]]:
    if SHEET_ENDINGS.get(ending) == kind:
        return kind, []
    what = {"xlsx": "an Excel workbook", "xls": "an old Excel workbook (.xls)", "ods": "an OpenDocument spreadsheet"}
    return kind, [_other_kind(ending, what[kind])]


def _other_kind(ending: str, what: str) -> str:
    return f"The name ends in {ending or 'nothing'}, but the file is {what}; it was read as that."
