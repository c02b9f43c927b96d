"""The sample data that ship with Nudge are what their READMEs say they are."""

import itertools
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from tlcore.tasks.marks import read_inline

ROOT = Path(__file__).resolve().parent.parent / "sample_data"
TICKETS = ROOT / "support_tickets"
REVIEWS = ROOT / "product_reviews"
JOBS = ROOT / "job_adverts"
NEWS = ROOT / "short_news"


def readme_tables(folder: Path) -> dict[str, str]:
    """First cell -> second cell of every table row in the folder's README."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|", text, flags=re.MULTILINE))


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


@pytest.fixture(scope="module")
def tickets() -> pd.DataFrame:
    return pd.read_csv(TICKETS / "support_tickets.csv", encoding="utf-8", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def reviews() -> pd.DataFrame:
    frame = pd.read_excel(REVIEWS / "product_reviews.xlsx", sheet_name="Reviews", engine="openpyxl")
    frame["sentiment"] = frame["sentiment"].fillna("")
    frame.index = pd.RangeIndex(2, len(frame) + 2)  # the row numbers that a spreadsheet shows
    return frame


@pytest.fixture(scope="module")
def jobs() -> pd.DataFrame:
    return pd.read_csv(JOBS / "job_adverts.csv", encoding="utf-8", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def news() -> pd.DataFrame:
    frame = pd.read_csv(NEWS / "short_news.csv", encoding="cp1252", sep=";", dtype=str, keep_default_na=False)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def ids(folder: Path, flaw: str) -> list[str]:
    return re.findall(r"[TJ]-\d+", readme_tables(folder)[flaw])


def row_numbers(flaw: str) -> list[int]:
    return [int(n) for n in re.findall(r"row (\d+)", readme_tables(REVIEWS)[flaw])]


def test_tickets_shape(tickets: pd.DataFrame) -> None:
    assert list(tickets.columns) == ["ticket_id", "received", "message", "department"]
    assert len(tickets) == 240
    assert list(tickets["ticket_id"]) == [f"T-{n}" for n in range(1001, 1241)]
    dates = pd.to_datetime(tickets["received"], format="%Y-%m-%d")
    assert dates.is_monotonic_increasing


def test_reviews_shape(reviews: pd.DataFrame) -> None:
    assert list(reviews.columns) == ["product", "stars", "review", "sentiment"]
    assert len(reviews) == 240
    assert set(reviews["stars"]) == {1, 2, 3, 4, 5}
    assert reviews["product"].nunique() >= 50
    assert not reviews["review"].isna().any()


def test_notes_sheet() -> None:
    with pd.ExcelFile(REVIEWS / "product_reviews.xlsx", engine="openpyxl") as book:
        assert book.sheet_names == ["Reviews", "Notes"]
        assert len(book.parse("Notes", header=None)) == 2


def test_class_counts_match_readmes(tickets: pd.DataFrame, reviews: pd.DataFrame, jobs: pd.DataFrame) -> None:
    for folder, labels in ((TICKETS, tickets["department"]), (REVIEWS, reviews["sentiment"]), (JOBS, jobs["field"])):
        counts = Counter(label or "(empty)" for label in labels)
        table = readme_tables(folder)
        said = {name: int(n) for name, n in table.items() if n.isdigit()}
        assert said == dict(counts)


@pytest.mark.parametrize(
    ("which", "column"), [("tickets", "message"), ("reviews", "review"), ("jobs", "advert"), ("news", "item")]
)
def test_no_template_repetition(which: str, column: str, request: pytest.FixtureRequest) -> None:
    texts = [t for t in request.getfixturevalue(which)[column].unique() if t]
    tokens = [words(t) for t in texts]
    openings = Counter(tuple(w[:5]) for w in tokens)
    assert openings.most_common(1)[0][1] <= 2
    sets = [frozenset(w) for w in tokens]
    for (a, left), (b, right) in itertools.combinations(zip(texts, sets, strict=True), 2):
        assert len(left & right) / len(left | right) < 0.8, (a, b)


def test_texts_have_no_stray_edges(tickets: pd.DataFrame, reviews: pd.DataFrame, jobs: pd.DataFrame) -> None:
    for text in [*tickets["message"], *reviews["review"], *jobs["advert"]]:
        assert text == text.strip()
        assert "\ufffd" not in text


def test_ticket_duplicates(tickets: pd.DataFrame) -> None:
    repeated = tickets[tickets["message"].duplicated(keep=False)]
    said = ids(TICKETS, "exact duplicate message")
    assert sorted(repeated["ticket_id"]) == sorted(said)
    by_id = tickets.set_index("ticket_id")
    for first, second in (said[:2], said[2:]):
        assert list(by_id.loc[first, ["message", "department"]]) == list(by_id.loc[second, ["message", "department"]])


def test_ticket_empties(tickets: pd.DataFrame) -> None:
    assert sorted(tickets.loc[tickets["department"] == "", "ticket_id"]) == ids(TICKETS, "no department")
    assert list(tickets.loc[tickets["message"] == "", "ticket_id"]) == ids(TICKETS, "empty message")


def test_ticket_line_breaks_and_emoji(tickets: pd.DataFrame) -> None:
    broken = tickets[tickets["message"].str.contains("\n")]
    assert list(broken["ticket_id"]) == ids(TICKETS, "line breaks and quotes inside a message")
    assert broken["message"].str.contains('"').all()
    emoji = tickets[tickets["message"].map(lambda text: any(ord(c) >= 0x1F300 for c in text))]
    assert sorted(emoji["ticket_id"]) == ids(TICKETS, "emoji")


def test_ticket_wrong_labels_and_mixed_message(tickets: pd.DataFrame) -> None:
    by_id = tickets.set_index("ticket_id")
    said = re.findall(r"(T-\d+) \((\w+), should be (\w+)\)", readme_tables(TICKETS)["plausible wrong label"])
    assert len(said) == 2
    for ticket, label, truth in said:
        assert by_id.loc[ticket, "department"] == label
        assert truth in set(tickets["department"]) - {label, ""}
    (mixed,) = ids(TICKETS, "mentions another department's matter")
    assert by_id.loc[mixed, "department"] == "Billing"
    assert "courier" in by_id.loc[mixed, "message"]


def test_review_duplicate_and_empties(reviews: pd.DataFrame) -> None:
    repeated = reviews[reviews.duplicated(["review"], keep=False)]
    assert list(repeated.index) == row_numbers("exact duplicate review")
    assert len(repeated.drop_duplicates()) == 1
    assert list(reviews.index[reviews["sentiment"] == ""]) == row_numbers("no sentiment")


def test_review_stars_contradictions(reviews: pd.DataFrame) -> None:
    stars, label = reviews["stars"], reviews["sentiment"]
    odd = reviews[((stars <= 2) & (label == "positive")) | ((stars >= 4) & (label == "negative"))]
    assert sorted(odd.index) == row_numbers("stars contradict the text")
    said = re.findall(r"row (\d+) \((\d) stars?, (\w+)\)", readme_tables(REVIEWS)["stars contradict the text"])
    for row, n_stars, sentiment in said:
        assert (odd.loc[int(row), "stars"], odd.loc[int(row), "sentiment"]) == (int(n_stars), sentiment)


def test_review_long_and_spanish(reviews: pd.DataFrame) -> None:
    lengths = reviews["review"].str.split().str.len()
    assert list(reviews.index[lengths > 100]) == row_numbers("very long (over 250 words)")
    assert lengths.max() > 250
    (spanish,) = row_numbers("in Spanish")
    assert "encantado" in reviews.loc[spanish, "review"]


def test_jobs_shape(jobs: pd.DataFrame) -> None:
    assert list(jobs.columns) == ["advert_id", "posted", "advert", "field"]
    assert list(jobs["advert_id"]) == [f"J-{n}" for n in range(2001, 2201)]
    assert pd.to_datetime(jobs["posted"], format="%Y-%m-%d").is_monotonic_increasing
    lengths = [len(text.split()) for text in jobs["advert"] if text]
    assert (min(lengths), max(lengths)) == (24, 53)


def test_job_flaws_are_where_the_page_says(jobs: pd.DataFrame) -> None:
    by_id = jobs.set_index("advert_id")
    repeated = jobs[jobs["advert"].duplicated(keep=False)]
    assert sorted(repeated["advert_id"]) == sorted(ids(JOBS, "exact duplicate advert"))
    assert sorted(jobs.loc[jobs["field"] == "", "advert_id"]) == ids(JOBS, "no field")
    assert list(jobs.loc[jobs["advert"] == "", "advert_id"]) == ids(JOBS, "empty advert")
    assert list(jobs.loc[jobs["advert"].str.contains("\n"), "advert_id"]) == ids(
        JOBS, "line breaks, quotes and bullets inside an advert"
    )
    emoji = jobs[jobs["advert"].map(lambda text: any(ord(c) >= 0x1F300 for c in text))]
    assert sorted(emoji["advert_id"]) == ids(JOBS, "emoji")
    assert list(jobs.loc[jobs["advert"].str.isupper(), "advert_id"]) == ids(JOBS, "all capitals")
    for advert, label, truth in re.findall(
        r"(J-\d+) \((\w+), should be (\w+)\)", readme_tables(JOBS)["plausible wrong label"]
    ):
        assert by_id.loc[advert, "field"] == label != truth


def test_news_shape(news: pd.DataFrame) -> None:
    assert list(news.columns) == ["date", "headline", "item", "topic"]
    assert len(news) == 210
    assert pd.to_datetime(news["date"], format="%Y-%m-%d").is_monotonic_increasing
    assert all(15 <= len(text.split()) <= 45 for text in news["item"] if text)
    assert Counter(news["topic"])["sport"] == 2


def test_news_flaws(news: pd.DataFrame) -> None:
    repeated = news[news["item"].duplicated(keep=False)]
    assert sorted(repeated.index) == [34, 46, 97, 116]
    assert list(news.index[news["topic"] == ""]) == [161, 164, 196]
    assert list(news.index[news["item"] == ""]) == [205]
    assert list(news.index[news["topic"] == "sport"]) == [158, 180]
    assert list(news.index[news["item"].str.contains(";")]) == [64, 186]
    told = (NEWS / "README.md").read_text(encoding="utf-8")
    for row in (34, 46, 97, 116, 161, 164, 196, 205, 158, 180, 64, 186, 16, 83):
        assert str(row) in told


def test_guest_comments_are_as_their_page_says() -> None:
    folder = ROOT / "guest_comments"
    frame = pd.read_csv(folder / "guest_comments.csv", encoding="utf-8", dtype=str, keep_default_na=False)
    assert list(frame.columns) == ["comment_id", "comment", "topics"]
    assert list(frame["comment_id"]) == [f"G-{n}" for n in range(3001, 3001 + len(frame))]
    said = readme_tables(folder)
    counts = Counter(topic or "(empty)" for cell in frame["topics"] for topic in cell.split(";"))
    assert {name: int(n) for name, n in said.items() if n.isdigit()} == dict(counts)
    by_id = frame.set_index("comment_id")
    assert by_id.loc[said["no topics"], "topics"] == "" == by_id.loc[said["empty comment"], "comment"]
    assert set(said["about none of the topics"].split(", ")) == set(
        frame.loc[frame["topics"] == "(none)", "comment_id"]
    )
    assert sum(";" in cell for cell in frame["topics"]) >= 30
    sets = [frozenset(words(text)) for text in frame["comment"] if text]
    assert all(len(a & b) / len(a | b) < 0.8 for a, b in itertools.combinations(sets, 2))


def test_dispatch_notes_are_as_their_page_says() -> None:
    folder = ROOT / "dispatch_notes"
    frame = pd.read_csv(folder / "dispatch_notes.csv", encoding="utf-8", dtype=str, keep_default_na=False)
    assert list(frame.columns) == ["note_id", "received", "came_as", "note"]
    assert list(frame["note_id"]) == [f"D-{n}" for n in range(4001, 4133)]
    assert pd.to_datetime(frame["received"], format="%Y-%m-%d").is_monotonic_increasing
    read = [read_inline(note) for note in frame["note"]]
    said = readme_tables(folder)
    counts = Counter(label for _, spans in read for _, _, label in spans)
    assert counts.pop("PERSN") == 1
    assert {name: int(n) for name, n in said.items() if n.isdigit()} == dict(counts)
    lengths = sorted(len(text.split()) for text, _ in read if text)
    assert (lengths[0], lengths[-1], lengths[len(lengths) // 2]) == (6, 33, 20)

    def where(flaw: str) -> list[str]:
        (cell,) = [cell for name, cell in said.items() if name.startswith(flaw)]
        return re.findall(r"D-\d+", cell)

    notes = frame.set_index("note_id")["note"]
    assert where("empty note") == list(notes.index[notes == ""])
    assert where("a kind spelt wrong") == list(notes.index[notes.str.contains("PERSN")]) == where("brackets")
    assert where("exact duplicate") == list(notes.index[notes.duplicated(keep=False) & (notes != "")])
    assert where("no name") == [i for i, (text, spans) in zip(notes.index, read, strict=True) if text and not spans]
    assert where("line breaks") == list(notes.index[notes.str.contains("\n")])
    assert "Mr Prakash" in read_inline(notes[where("a name that nobody")[0]])[0]
    assert all(text[begin:end] == text[begin:end].strip() for text, spans in read for begin, end, _ in spans)
    texts = [text for text, _ in read if text]
    openings = Counter(tuple(words(text)[:5]) for text in dict.fromkeys(texts))
    assert openings.most_common(1)[0][1] <= 2
    sets = [frozenset(words(text)) for text in dict.fromkeys(texts)]
    assert all(len(a & b) / len(a | b) < 0.8 for a, b in itertools.combinations(sets, 2))


def test_polite_replies_are_as_their_page_says() -> None:
    folder = ROOT / "polite_replies"
    frame = pd.read_csv(folder / "polite_replies.csv", encoding="utf-8", dtype=str, keep_default_na=False)
    assert list(frame.columns) == ["casual", "polite"]
    said = re.search(r"^(\d+) casual messages", (folder / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert said
    assert len(frame) == int(said.group(1))
    assert 150 <= len(frame) <= 300
    for column in frame.columns:
        texts = list(frame[column])
        assert all(text and text == text.strip() for text in texts)
        assert len(set(texts)) == len(texts)
        openings = Counter(tuple(words(text)[:5]) for text in texts if len(words(text)) >= 5)
        assert openings.most_common(1)[0][1] <= 2
        for (a, left), (b, right) in itertools.combinations([(one, frozenset(words(one))) for one in texts], 2):
            assert len(left & right) / len(left | right) < 0.8, (a, b)
    polite = " ".join(frame["polite"])
    assert not re.search(r"\b(u|ur|pls|cant|dont|gonna|lol)\b", polite)


def test_lost_property_is_what_its_page_says() -> None:
    import io
    import zipfile

    folder = ROOT / "lost_property"
    assert (folder / "lost_property.zip").stat().st_size < 1_000_000
    with zipfile.ZipFile(folder / "lost_property.zip") as archive:
        frame = pd.read_csv(archive.open("lost_property.csv"), dtype=str, keep_default_na=False)
        sizes = {name: archive.getinfo(name).file_size for name in archive.namelist()}
        cut = archive.read("pictures/item-063.png")
    assert list(frame.columns) == ["item_id", "note", "image", "shelf"]
    assert list(frame["item_id"]) == [f"L-{n:03d}" for n in range(1, 121)]
    said = readme_tables(folder)
    counts = Counter(shelf or "(empty)" for shelf in frame["shelf"])
    assert {name: int(n) for name, n in said.items() if n.isdigit()} == dict(counts)
    by_id = frame.set_index("item_id")
    assert by_id.loc[said["no shelf"], "shelf"] == "" == by_id.loc[said["empty note"], "note"]
    assert [name for name in frame["image"] if name not in sizes] == [
        by_id.loc[said["picture missing from the zip"], "image"]
    ]
    assert by_id.loc[said["animated picture (two frames)"], "image"].endswith(".gif")
    assert by_id.loc[said["picture in print colours (CMYK)"], "image"].endswith(".jpg")
    from PIL import Image

    with pytest.raises(OSError, match=r"truncated|broken"), Image.open(io.BytesIO(cut)) as picture:
        picture.load()
    sets = [frozenset(words(text)) for text in frame["note"] if text]
    assert all(len(a & b) / len(a | b) < 0.8 for a, b in itertools.combinations(sets, 2))
