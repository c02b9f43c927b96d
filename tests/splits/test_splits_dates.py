"""tlcore.splits.dates: dates as people write them; what can be read in two ways is decided by the whole column, or asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tlcore.errors import TlcoreError
from tlcore.splits.dates import read_dates

MARCH_5 = datetime(2024, 3, 5, tzinfo=UTC).timestamp()
EVENING = 17 * 3600 + 30 * 60


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-05", "2024-3-5", "2024/03/05", "2024.03.05", "20240305", " 5.3.2024 ", "05.03.24", "5 March 2024", "5. Mar 2024",
        "March 5, 2024", "Mar 5 2024", "Tue, 5 Mar 2024", "Tuesday, March 5, 2024", "5th March 2024", "05-Mar-24",
        "2024-03-05 00:00:00", "2024-03-05T00:00:00Z", "2024-03-05T01:00:00+01:00", "2024-03-04T20:30:00-03:30",
        "1709596800", "1709596800000",
    ],
)  # fmt: skip
def test_one_day_in_many_hands(written: str) -> None:
    assert read_dates([written], "when") == ([MARCH_5], "")


@pytest.mark.parametrize(
    "time", ["17:30", "17:30:00", "5:30 PM", "5:30pm", "17:30:00.000", "17:30:00 UTC", "5:30 p.m."]
)
def test_a_time_of_day_counts(time: str) -> None:
    assert read_dates([f"2024-03-05 {time}", f"5.3.2024, {time}"], "when")[0] == [MARCH_5 + EVENING] * 2


def test_years_and_months_are_dates_too() -> None:
    starts = [datetime(year, month, 1, tzinfo=UTC).timestamp() for year, month in ((2024, 1), (1998, 1), (2024, 3))]
    assert read_dates(["2024", "1998", "2024-03"], "when") == (starts, "")


@pytest.mark.parametrize(
    ("cells", "first", "order"),
    [(["05/03/2024", "25/03/2024"], 5, "day first"), (["03/05/2024", "03/25/2024"], 5, "month first"),
     (["5-3-24", "30-4-24"], 5, "day first"), (["05/05/2024", "12/31/2023"], None, "month first")],
)  # fmt: skip
def test_the_whole_column_decides_and_says_so(cells: list[str], first: int | None, order: str) -> None:
    found, said = read_dates(cells, "when")
    assert found[0] == (MARCH_5 if first else datetime(2024, 5, 5, tzinfo=UTC).timestamp())
    assert order in said
    assert "“when”" in said


def test_where_no_row_decides_the_order_of_the_rows_does() -> None:
    cells = [f"{month:02}/{day:02}/2024" for month in (1, 2, 3, 4) for day in (2, 5, 9)]
    found, said = read_dates(cells, "when")
    assert found == sorted(day for day in found if day is not None)
    assert "month first fits the order of the rows" in said


def test_what_can_be_read_in_two_ways_is_asked_not_invented() -> None:
    with pytest.raises(TlcoreError, match="two ways") as caught:
        read_dates(["03/04/2024"], "when")
    assert "“when”" in caught.value.where
    assert "2024-12-31" in caught.value.fix


def test_a_few_dates_of_the_other_order_are_counted_and_many_are_asked_about() -> None:
    found, said = read_dates([*["25/03/2024"] * 20, "03/27/2024"], "when")
    assert [day is None for day in found] == [False] * 20 + [True]
    assert "1 is written the other way round" in said
    with pytest.raises(TlcoreError, match="2 with the day first, 1 with the month first"):
        read_dates(["25/03/2024", "26/03/2024", "03/27/2024"], "when")


@pytest.mark.parametrize(
    "odd",
    [
        "soon",
        "2024-13-05",
        "31.02.2024",
        "12",
        "7.5",
        "2024-03-05 25:00",
        "5 Marz 2024",
        "007",
        "99999999",
        "1/2",
        "May",
    ],
)
def test_what_is_no_date_is_never_one(odd: str) -> None:
    assert read_dates(["2024-03-05", odd, ""], "when") == ([MARCH_5, None, None], "")


def test_a_column_of_other_things_is_refused() -> None:
    for cells in (["red", "blue", "2024-03-05"], ["", ""], ["12.5", "13.5"]):
        with pytest.raises(TlcoreError, match="have a date that can be read"):
            read_dates(cells, "when")
