import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from tlcore.checks.personal import find_personal, mask_text, personal
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts

PHONES = (
    "+44 20 7946 0958", "+44 (0)20 7946 0958", "+1 (415) 555-0132", "+49 30 1234567", "+33 6 12 34 56 78", "+91 98765 43210",
    "+34 612 34 56 78", "+61 412 345 678", "+81-3-1234-5678", "+447700900123", "0049 30 1234567", "(415) 555-0132",
    "415-555-0132", "415.555.0132", "1-800-555-0199", "020 7946 0958", "07700 900123", "07700900123", "06 12 34 56 78",
    "06.12.34.56.78", "(11) 91234-5678", "03-1234-5678", "089/1234567", "0412 345 678", "(02) 9876 5432", "030 1234567",
)  # fmt: skip
AFTER_A_WORD = ("tel: 612 34 56 78", "call me on 9876543210", "my phone number is 555-0132", "WhatsApp 5512345678")
KEPT = (
    "order 12345678", "order number 0812345678", "order #0812345678", "invoice 20190512", "tracking 1234 5678 9012 3456",
    "in 2019-2020", "2019-05-12 14:30", "12.05.2019 14 30", "01/02/2019 14 30", "call by 12 May 2019", "at 09:30 - 10:45",
    "call 0900-1700", "£1,234,567.89", "€ 12 345 678", "1 234 567 890", "10,000 of 20,000", "version 1.2.3.4", "v10.2.1.15",
    "Chrome 120.0.6099.109", "python 3.11.7", "ISBN 978-3-16-148410-0", "4111 1111 1111 1112", "ref 0049123456789", "a@b",
    "user@localhost", "@someone", "0.123456789", "step 1 2 3 4 5 6 7 8 9 10 11", "rooms 101 102 103 104", "pin 1234",
    "the years 1914 1918 1939 1945", "3-1 4-2 5-3 0-0", "my name is wrong on the card", "my name is misspelled", "I Miss You So",
    "http://example.com/07700900123?id=4111111111111111", "C++11, +1 for that", "12345678A", "529.982.247-26", "DE89370400440532013001",
)  # fmt: skip


@pytest.mark.parametrize("number", PHONES)
def test_phone_numbers_as_they_are_written_in_many_countries(number: str) -> None:
    assert mask_text(f"Hello, {number} is mine.") == "Hello, [phone] is mine."


@pytest.mark.parametrize("text", AFTER_A_WORD)
def test_bare_numbers_are_phone_numbers_after_a_word_that_says_so(text: str) -> None:
    number = text[next(i for i, sign in enumerate(text) if sign.isdigit()) :]
    assert mask_text(text) == text.replace(number, "[phone]")
    assert mask_text(number) == number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to john.smith+x@example.co.uk. Thanks", "Write to [email]. Thanks"),
        ("card 4111 1111 1111 1111 exp 12/24", "card [card number] exp 12/24"),
        ("5500-0055-5555-5559 or 378282246310005", "[card number] or [card number]"),
        ("Pay to DE89 3704 0044 0532 0130 00 please", "Pay to [IBAN] please"),
        ("GB29NWBK60161331926819", "[IBAN]"),
        ("SSN 123-45-6789", "SSN [ID number]"),
        ("AB 12 34 56 C, 12345678Z, 529.982.247-25, RSSMRA85T10A562S", ", ".join(["[ID number]"] * 4)),
        ("from 192.168.0.17 and 2001:db8:85a3::8a2e:370:7334", "from [IP address] and [IP address]"),
        ("Dear Mr Smith, Mrs. O'Brien-Jones and Dr Anna Maria Weiß", "Dear Mr [name], Mrs. [name] and Dr [name]"),
        ("my name is john and I", "my name is [name] and I"),
        ("Ich heiße Jürgen Müller.", "Ich heiße [name]."),
        ("Kind regards,\nJohn Smith", "Kind regards,\n[name]"),
        ("Mr Smith, 020 7946 0958, a@b.org", "Mr [name], [phone], [email]"),
    ],
)
def test_each_kind_is_replaced_by_what_it_is(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize("text", KEPT)
def test_orders_dates_prices_versions_and_wrong_check_digits_stay(text: str) -> None:
    assert mask_text(text) == text


def test_what_is_found_is_in_order_apart_and_gone_after_masking() -> None:
    text = "Mr Smith a@b.org +44 20 7946 0958 4111111111111111 b@c.org"
    found = find_personal(text)
    assert [kind for *_, kind in found] == ["name", "email", "phone", "card number", "email"]
    assert all(first[1] <= second[0] for first, second in pairwise(found))
    assert find_personal(mask_text(text)) == []
    assert find_personal("") == []


@pytest.mark.parametrize(
    "piece",
    [
        "a@", "a.", "1", "1 ", "12 ", "+1", "+1 ", "(0", "01 23 ", "1.", "a:", ":", "Mr ", "Mr Aa ", "call 1 ", "a@a.", "www.",
        "1-", "GB11", "Aa-", "regards  ", "123456789012 ", "00 ", "a@b.cd ", "+44 20 7946 0958, ", "x", "\u00a0", "’",
    ],
)  # fmt: skip
def test_no_cell_of_a_megabyte_makes_it_slow(piece: str) -> None:
    short, long = (piece * (size // len(piece)) + "@" for size in (100_000, 1_000_000))
    start = time.process_time()
    find_personal(short)
    middle = time.process_time()
    find_personal(long)
    took = time.process_time() - middle
    assert took < 1.0 or took < 30 * (middle - start), "time grows with the length, not with its square"


def planted(rng: random.Random) -> str:
    """A phone number, e-mail address or card number as nobody else has it."""
    digits = "".join(rng.choice("123456789") for _ in range(12))
    card = "4" + "".join(rng.choice("0123456789") for _ in range(14))
    total = sum(sum(divmod(2 * int(n), 10)) if i % 2 == 0 else int(n) for i, n in enumerate(card))
    return rng.choice(
        [
            f"u{digits[:4]}@mail{digits[4]}.com", f"+44 7{digits[:3]} {digits[3:9]}", f"(4{digits[:2]}) {digits[2:5]}-{digits[5:9]}",
            f"0{digits[:3]} {digits[3:6]} {digits[6:10]}", f"+{digits[0]}{digits[1:11]}", f"{card}{-total % 10}",
        ]
    )  # fmt: skip


def test_what_is_planted_in_real_questions_is_found_and_little_else(
    bench_data, classify: Callable[..., Dataset]
) -> None:
    from tlcore.tables import read_table

    table = read_table(bench_data / "banking77" / "train.csv")
    texts, labels = table.column("text")[:2000], table.column("label")[:2000]
    rng = random.Random(0)
    chosen = set(rng.sample(range(2000), 200))
    dirty = [f"{text} Reach me: {planted(rng)}." if i in chosen else text for i, text in enumerate(texts)]
    dataset = classify(dirty, labels)
    problem = personal(dataset, measure_facts(dataset))
    assert problem is not None
    found = {row - 2 for row in problem.rows}
    assert len(found & chosen) >= 196
    assert len(found - chosen) <= 2


def test_the_check_says_what_where_and_offers_to_mask(classify: Callable[..., Dataset]) -> None:
    texts = [f"this is text {i}" for i in range(20)] + [
        "a@b.org and c@d.org",
        "call 020 7946 0958",
        "no label: x@y.org",
    ]
    dataset = classify(texts, [*["a", "b"] * 11, ""])
    problem = personal(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "3 texts seem to hold personal data: e-mail addresses in 2, phone numbers in 1."
    assert problem.rows == (22, 23, 24)
    assert problem.notes == ("2 e-mail addresses", "phone number", "e-mail address")
    assert problem.severity == "info"
    (fix,) = problem.fixes
    assert (fix.kind, fix.rows) == ("mask", problem.rows)


def test_a_card_number_is_a_warning_and_comes_first(classify: Callable[..., Dataset]) -> None:
    texts = [f"this is text {i}" for i in range(20)] + ["a@b.org", "it is 4111 1111 1111 1111"]
    dataset = classify(texts, ["a", "b"] * 11)
    problem = personal(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.severity == "warning"
    assert problem.rows == (23, 22)


def test_texts_without_personal_data_are_quiet_and_left_out_ones_too(classify: Callable[..., Dataset]) -> None:
    texts = [f"this is text {i}" for i in range(20)] + ["a@b.org", "c@d.org"]
    dataset = classify(texts, [*["a", "b"] * 10, "c", "c"], leave_out=("c",))
    assert personal(dataset, measure_facts(dataset)) is None
