"""Personal data in the texts: what a pattern can find for sure, and what to put in its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from tlcore.checks.base import INFO, WARNING, Fix, Problem, counted, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

EMAIL, PHONE, CARD, IBAN, ID, IP, NAME = "email", "phone", "card number", "IBAN", "ID number", "IP address", "name"
Found = tuple[int, int, str]  # start, end, kind
PLURAL = {
    EMAIL: "e-mail addresses", PHONE: "phone numbers", CARD: "card numbers", IBAN: "bank accounts (IBAN)",
    ID: "personal ID numbers", IP: "IP addresses", NAME: "names",
}  # fmt: skip
NOTES = {EMAIL: "e-mail address", PHONE: "phone number"}
GRAVE = {CARD, IBAN, ID}
"""Of use to a thief: these are worth a warning, also where a name or a number to call is not."""

# Every pattern below has a bounded length or takes what it takes for good (++), so that no cell makes it slow.
LINK = re.compile(r"(?:https?://|www\.)\S++", re.I)
MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}+@(?:[\w-]{1,63}+\.){1,8}[^\W\d_]{2,24}(?![\w@])")
FEW_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){3}")
CARDS = re.compile(r"(?<![\w.-])[0-9](?:[ -]?[0-9]){12,18}(?![\w-])")
CARD_STARTS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|3(?:0[0-5]|[689])|6(?:011|4[4-9]|5|2)")
CARD_SHAPES = {(14,), (15,), (16,), (19,), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}
IBANS = re.compile(r"(?<!\w)[a-z]{2}[0-9]{2}(?:[ ]?[a-z0-9]){11,30}", re.I)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
"""Characters of an account number by country: the IBAN registry of SWIFT."""
US_ID = re.compile(r"(?<![\w.-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w-])")
UK_ID = re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?[0-9]{2}){3} ?[A-D]\b")
IT_ID = re.compile(r"\b[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]\b")
ES_ID = re.compile(r"(?<![\w.-])([0-9]{8})-?([A-HJ-NP-TV-Z])\b")
BR_ID = re.compile(r"(?<![\w.-])[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}(?![\w-])")
BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IP4 = re.compile(rf"(?<![\w.-])(?:{BYTE}\.){{3}}{BYTE}(?![\w-])(?!\.[0-9])")
IP6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.I)
NUMBERED = "v|ver|version|release|build|firmware|section|chapter|update|patch|driver"
VERSION = re.compile(rf"\b(?:{NUMBERED})s?\b\W*(?:\w+\W+)?$", re.I)
NOT_INSIDE = r"(?<![\w=#@£$€+-])(?<![0-9][.,:/])"
ENDS = r"(?![\w@])(?![.,:/-][0-9])"
PLUS = re.compile(r"(?<![\w+])\(?\+[1-9][0-9]{0,2}+\)?(?:[ .\-/\u00a0]{0,2}+\(?[0-9]{1,15}+\)?){1,7}")
PHONES = re.compile(
    NOT_INSIDE
    + r"(?:00[1-9][0-9]{0,2}(?:[ .\-/]\(?[0-9]{1,8}\)?){2,6}"  # 0049 30 1234567
    + r"|(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ -]?|[2-9][0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}"  # (415) 555-0132
    + r"|\(?0[1-9][0-9]{0,4}\)?(?:[ .\-/]{1,3}[0-9]{2,8}){1,5}"  # 020 7946 0958, 06 12 34 56 78
    + r"|0[1-9][0-9]{8,9}"  # 07700900123
    + r"|\([0-9]{2,4}\) ?[0-9]{3,5}[ .-]?[0-9]{3,5})"  # (11) 91234-5678
    + ENDS
)  # fmt: skip
NEAR_A_WORD = re.compile(NOT_INSIDE + r"(?:[0-9]{7,12}|[0-9]{2,5}(?:[ \-][0-9]{2,6}){1,5})" + ENDS)
"""Numbers that are taken for a phone number only after a word such as "call"."""
DATE = re.compile(
    r"[0-3]?[0-9]([./ -])[01]?[0-9]\1(?:(?:19|20)[0-9]{2}(?![0-9])|[0-9]{2}(?![0-9])(?!\1[0-9]))"
    r"|(?:19|20)[0-9]{2}[./ -]|[0-2][0-9][0-5][0-9]-[0-2][0-9][0-5][0-9](?![0-9])"
)
BEFORE = re.compile(
    r"(?<![^\W_])(?:(?P<phone>(?:tele)?phone|tel|telefon\w*|tel[eé]fono|t[eé]l[eé]phone|mobile?|m[oó]vil|cell|handy|fax|call|ring"
    r"|dial|whats ?app|sms|te?xt|contact|reach|hotline|helpline|llama\w*|anruf\w*|appel\w*)|(?P<other>orders?|ord|ref|reference"
    r"|invoice|ticket|case|booking|tracking|parcel|shipment|serial|sku|isbn|ean|upc|imei|part|item|product|article|ids?|code|pin"
    r"|account|acct|transaction|customer|policy|claim|version|model|bestell\w*|rechnung\w*|kunden\w*|pedido|factura|commande"
    r"|facture))(?![^\W_])",
    re.I,
)
WORD = r"[A-ZÀ-ÖØ-Þ](?:['’][A-Z])?[^\W\d_]++(?:-[^\W\d_]++)?"
NAMED = f"({WORD}(?: {WORD}){{0,2}})"
TITLES = "Mr|MR|Mrs|MRS|Ms|Mx|Miss|Dr|Prof|Professor|Herrn?|Frau|Monsieur|Madame|Mme|Señora?|Signora?"
TITLED = re.compile(rf"\b(?:{TITLES})\b\.? {NAMED}")
SAYS = (
    "[mM]y name(?: is|['’]s)|[mM]ein Name ist|[iI]ch hei(?:ß|ss)e|[jJ]e m['’]appelle|[mM]e llamo|[mM]i nombre es"
    "|[mM]i chiamo|[mM]ijn naam is"
)
CALLED = re.compile(rf"\b(?:{SAYS}),? (?:{NAMED}|([a-z]{{3,15}})(?=[.,;!?]|$| and | from ))")
CLOSES = "regards|sincerely|yours truly|yours faithfully|gr[uü](?:ß|ss)en|cordialement"
SIGNED = re.compile(rf"\b(?i:{CLOSES})[,.]?\s{{1,3}}{NAMED}(?=\s{{0,3}}(?:$|[\n.,]))")
NAMES = (
    (TITLED, ("",)), (CALLED, ("name", "hei", "appelle", "llamo", "nombre", "chiamo", "naam")),
    (SIGNED, ("regards", "sincerely", "yours", "gru", "grü", "cordialement")),
)  # fmt: skip
"""Patterns, each with what a text must hold (all small) for it to be worth a look."""
NO_NAMES = re.compile(
    "(?:you|your|the|my|it|this|that|her|him|them|his|out|calls?|not|wrong|incorrect|different|changed|misspel.*|missing|old|new"
    "|correct|spelled|on|in|is|and|from|thanks?|please|best|customer|team|support|sir|madam|friend|world)$",
    re.I,
)


def find_personal(text: str) -> list[Found]:
    """(start, end, kind) of every piece of personal data, in the order of the text; none overlaps another."""
    candidates = list(_candidates(text))
    taken = bytearray(len(text))  # 1 where something was found, 2 in a link: quicker than a search among all found
    for link in LINK.finditer(text) if candidates else ():
        taken[link.start() : link.end()] = b"\2" * len(link[0])
    found: list[Found] = []
    for start, end, kind in candidates:
        if 1 not in taken[start:end] and (kind == EMAIL or not taken[start]):
            found.append((start, end, kind))
            taken[start:end] = b"\1" * (end - start)
    return sorted(found)


def mask_text(text: str) -> str:
    """The text with what it is, such as [email] or [name], in place of each piece of personal data."""
    parts, end = [], 0
    for start, stop, kind in find_personal(text):
        parts += [text[end:start], f"[{kind}]"]
        end = stop
    return "".join([*parts, text[end:]])


def personal(dataset: Dataset, facts: Facts) -> Problem | None:
    """E-mail addresses, phone, card, account and ID numbers, IP addresses, and names that say that they are one."""
    found: dict[int, Counter[str]] = {}
    for row, text in used_rows(dataset, "row", "text"):
        if pieces := find_personal(text):
            found[row] = Counter(kind for _, _, kind in pieces)
    if not found:
        return None
    texts = Counter(kind for kinds in found.values() for kind in kinds)
    rows = tuple(sorted(found, key=lambda row: (-sum(found[row][kind] for kind in GRAVE), row)))
    what = ", ".join(f"{PLURAL[kind]} in {count:,}" for kind, count in texts.most_common())
    return Problem(
        "personal",
        f"{counted(len(rows), 'text seems', 'texts seem')} to hold personal data: {what}.",
        WARNING if GRAVE & set(texts) else INFO,
        1 - len(rows) / max(1, facts.rows),
        "A model can learn such details by heart, and whoever gets the model may get them too. Masking puts a word such as "
        "“[email]” in their place; the rest of the text stays. What has no fixed form, such as a bare name, is not found: look yourself.",
        rows,
        (Fix("mask", f"Mask it in {counted(len(rows), 'text', 'texts')}", rows=rows),),
        tuple(", ".join(_pieces(kind, count) for kind, count in found[row].most_common()) for row in rows),
    )


def _pieces(kind: str, count: int) -> str:
    return NOTES.get(kind, kind) if count == 1 else f"{count:,} {PLURAL[kind]}"


def _candidates(text: str) -> Iterator[Found]:
    """Everything that passes as personal data, the surest kinds first."""
    if "@" in text:
        yield from ((*match.span(), EMAIL) for match in MAIL.finditer(text))
    if FEW_DIGITS.search(text):
        yield from _numbers(text)
    plain = text.casefold()
    for pattern, signs in NAMES:
        for match in pattern.finditer(text) if any(sign in plain for sign in signs) else ():
            start, end = match.span(match.lastindex or 0)
            if not NO_NAMES.match(text[start:end].split()[0]):
                yield start, end, NAME


def _numbers(text: str) -> Iterator[Found]:
    for match in IBANS.finditer(text):
        if end := _iban_end(text, *match.span()):
            yield match.start(), end, IBAN
    for match in CARDS.finditer(text):
        grouped = not match[0].isdigit()  # four by four: no order number is written so
        if _is_card(match[0]) and (grouped or _word_before(text, match.start()) != "other"):
            yield (*match.span(), CARD)
    for pattern, sure in ((US_ID, bool), (UK_ID, bool), (IT_ID, bool), (ES_ID, _is_dni), (BR_ID, _is_cpf)):
        yield from ((*match.span(), ID) for match in pattern.finditer(text) if sure(match[0]))
    for match in IP4.finditer(text):
        before = text[max(0, match.start() - 25) : match.start()]
        if max(map(int, match[0].split("."))) > 9 and not VERSION.search(before):
            yield (*match.span(), IP)
    yield from ((*match.span(), IP) for match in IP6.finditer(text) if _is_ip6(match[0]))
    yield from _phones(text)


def _phones(text: str) -> Iterator[Found]:
    for match in PLUS.finditer(text):
        if (end := _phone_end(match, 9, 15)) and not text[end : end + 1].isalnum():
            yield match.start(), end, PHONE
    for match in PHONES.finditer(text):
        end = _phone_end(match, 9, 15 if match[0].startswith("00") else 12)
        if end and not DATE.match(match[0]) and _word_before(text, match.start()) != "other":
            yield match.start(), end, PHONE
    for match in NEAR_A_WORD.finditer(text):
        end = _phone_end(match, 7, 13)
        if end and not DATE.match(match[0]) and _word_before(text, match.start()) == "phone":
            yield match.start(), end, PHONE


def _phone_end(match: re.Match[str], least: int, most: int) -> int:
    """Where the phone number ends, less the last groups of digits that make it too long; 0 if it is none."""
    kept = match[0]
    while len(_digits(kept)) > most and (shorter := re.sub(r"[^0-9]++[0-9]++\)?$", "", kept)) != kept:
        kept = shorter
    return match.start() + len(kept) if least <= len(_digits(kept)) <= most else 0


def _word_before(text: str, start: int) -> str:
    """What the nearest telling word before a number says of it: phone, other (an order, an account), or ""."""
    clause = re.split(r"[.!?;\n](?=\s)", text[max(0, start - 30) : start])[-1]
    last = ""
    for match in BEFORE.finditer(clause):
        last = match.lastgroup or ""
    return last


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _is_card(number: str) -> bool:
    """Luhn's check digit (ISO/IEC 7812), a card maker's first digits, and groups as they stand on cards."""
    digits = _digits(number)
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    luhn = (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0
    return luhn and bool(CARD_STARTS.match(digits)) and tuple(map(len, re.split("[ -]", number))) in CARD_SHAPES


def _iban_end(text: str, start: int, end: int) -> int:
    """Where the account number ends that starts here, or 0: a country's length, and 1 modulo 97 (ISO 13616)."""
    wanted = IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
    places = [i for i in range(start, end) if text[i] != " "][:wanted]
    if not wanted or len(places) < wanted:
        return 0
    number = "".join(str(int(text[i], 36)) for i in places[4:] + places[:4])
    return places[-1] + 1 if int(number) % 97 == 1 else 0


def _is_dni(number: str) -> bool:
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number[:8]) % 23] == number[-1]


def _is_cpf(number: str) -> bool:
    digits = [int(digit) for digit in _digits(number)]
    sums = [sum((length + 1 - i) * digits[i] for i in range(length)) * 10 % 11 % 10 for length in (9, 10)]
    return sums == digits[9:] and len(set(digits)) > 1


def _is_ip6(number: str) -> bool:
    try:
        IPv6Address(number)
    except AddressValueError:
        return False
    return len(_digits(number)) > 3
