"""Names or data: a row is compared with the rows below it."""

import pytest

from tlcore.tables.cellkinds import looks_like_data

SENTIMENT = [["great", "positive"], ["poor", "negative"], ["fine", "positive"], ["bad", "negative"]] * 2


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (["A-1", "2024-01-05"], [["A-2", "2024-01-06"], ["A-3", "2024-02-06"]]),
        (["a", "3.5"], [["b", "4"], ["c", "1,000"]]),
        (["I love it", "positive"], SENTIMENT),
    ],
)
def test_data_in_the_first_row(first, others):
    assert looks_like_data(first, others)


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (["text", "label"], SENTIMENT),
        (["country", "2001", "2002"], [["A", "1", "2"], ["B", "3", "4"]]),
        (["text", "positive"], SENTIMENT),
        (["Hans", "Maier"], [["Eva", "Kurz"]]),
        (["", "Value"], [["1", "2"], ["3", "4"]]),
    ],
)
def test_names_in_the_first_row(first, others):
    assert not looks_like_data(first, others)
