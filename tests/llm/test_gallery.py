"""tlcore.llm.gallery: pictures on their way to a model that sees; small, bare, counted before and paid once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from tests.llm.fake_api import Act, Asked, FakeApi, reply
from tlcore.errors import TlcoreError
from tlcore.label_info import LabelInfo
from tlcore.llm.agreement import Agreement
from tlcore.llm.api import Outcome
from tlcore.llm.gallery import SIDE, Gallery, fitted, picture_tokens
from tlcore.llm.prompt import make_prompt
from tlcore.llm.question import USUAL, Question
from tlcore.llm.quote import make_quote, most_tokens
from tlcore.llm.service import Price, Service
from tlcore.predict.text import beside

SECRET = "taken-by-somebody-at-home"
ROWS = [
    beside(["red one", "photo.jpg"]), beside(["green two", "drawing.png"]), beside(["red three", "broken.png"]),
    beside(["green four", "gone.png"]), beside(["", "broken.png"]), beside(["red five", ""]), beside(["red one", "photo.jpg"]),
    beside(["red one", "drawing.png"]),
]  # fmt: skip
"""Two that can be read, two of words alone since theirs cannot, one of nothing, one without a picture, a repeat, and known words
with another picture."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A photo with all that a camera writes, a drawing with a note in it, a file that is no picture."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (900, 1600, 3), dtype=np.uint8)
    about = Image.Exif()
    about[0x010E], about[0x0112] = SECRET, 6  # description; turned by a quarter
    about.get_ifd(0x8825)[1] = "N"  # GPS
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(noise).save(folder / "photo.jpg", exif=about, comment=SECRET, icc_profile=profile, quality=70)
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", SECRET)
    Image.new("RGB", (40, 30), "red").save(folder / "drawing.png", pnginfo=note)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return folder


@pytest.fixture
def seeing(place: Path) -> Question:
    return Question("", tuple(LabelInfo(name) for name in ("red", "green")), pictures=Gallery(place))


def test_a_picture_is_made_small_and_loses_what_the_camera_wrote(place: Path) -> None:
    assert SECRET.encode() in (place / "photo.jpg").read_bytes()
    gallery = Gallery(place)
    photo, drawing = (gallery.of(beside(["", name])).picture for name in ("photo.jpg", "drawing.png"))
    assert photo is not None
    assert drawing is not None
    assert (photo.width, photo.height) == (288, SIDE)  # it stands upright now
    assert (drawing.width, drawing.height) == (40, 30)  # nothing is made larger
    for picture, kind in ((photo, "image/jpeg"), (drawing, "image/png")):
        said, data = picture.encoded()
        sent = Image.open(io.BytesIO(data))
        assert (said, sent.size) == (kind, (picture.width, picture.height))
        assert SECRET.encode() not in data
        assert not sent.getexif()
        assert not {"icc_profile", "comment", "exif", "Comment"} & sent.info.keys()
        assert (said, data) == picture.encoded()


def test_sizes_keep_their_shape_and_have_a_pixel_at_least() -> None:
    assert fitted(4000, 3000) == (512, 384)
    assert fitted(30, 20) == (30, 20)
    assert fitted(20_000, 3) == (512, 1)


def test_why_there_is_none(place: Path) -> None:
    gallery = Gallery(place)
    assert "no picture that can be read" in gallery.of(beside(["a", "broken.png"])).problem
    assert gallery.of(beside(["a", "gone.png"])).problem == "it is not among the pictures"
    assert gallery.of(beside(["a", "../photo.jpg"])).problem
    alone = gallery.of(beside(["a", ""]))
    assert (alone.words, alone.picture, alone.problem) == ("a", None, "")
    with pytest.raises(TlcoreError, match="only their names"):
        Gallery("")


def test_a_zip_gives_what_the_folder_gives_and_another_file_is_another_picture(place: Path, tmp_path: Path) -> None:
    packed = tmp_path / "pictures.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(place / "photo.jpg", "photo.jpg")
    here, there = (Gallery(one).of(beside(["", "photo.jpg"])).picture for one in (place, packed))
    assert here is not None
    assert here == there
    assert here.encoded() == there.encoded()
    question = Question("", (LabelInfo("red"), LabelInfo("green")), pictures=Gallery(packed))
    shown = make_quote([beside(["a", "photo.jpg"])], question, Service("openai", "m"), tmp_path).preview[0].picture
    assert shown is not None
    assert shown.gallery is None  # a zip that a screen holds open could not be put away
    assert shown.encoded() == here.encoded()
    Image.new("RGB", (50, 50), "blue").save(place / "photo.jpg")
    changed = Gallery(place).of(beside(["", "photo.jpg"])).picture
    assert changed is not None
    assert changed.key != here.key
    with pytest.raises(TlcoreError, match="not the one any more"):
        here.encoded()


@pytest.mark.parametrize(
    ("dialect", "model", "size", "tokens"),
    [
        ("openai", "gpt-4.1", (512, 384), 85 + 170),
        ("openai", "gpt-4.1", (100, 100), 85 + 170),
        ("openai", "gpt-5.4-mini", (512, 512), 415),
        ("openai", "gpt-5-nano", (512, 384), 473),
        ("openai", "gemini-3.1-flash-lite", (512, 384), 85 + 170),
        ("anthropic", "claude-haiku-4-5", (512, 384), 263),
    ],
)
def test_tokens_are_counted_as_the_makers_write(
    dialect: Any, model: str, size: tuple[int, int], tokens: int, tmp_path: Path
) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    question = Question("", (LabelInfo("a"), LabelInfo("b")), pictures=Gallery(tmp_path))
    prompt = make_prompt(question, beside(["", "a.png"]))
    service = Service(dialect, model, price=Price(1, 1))
    assert picture_tokens(prompt.picture, service) == tokens
    assert picture_tokens(None, service) == 0
    assert most_tokens(prompt, question, service) > 3 * tokens


def test_both_dialects_are_sent_the_words_and_the_picture(
    seeing: Question, service: Service, api: FakeApi, ask: Callable[..., Outcome]
) -> None:
    outcome = ask(ROWS[:1], service, question=seeing)
    assert outcome.answers[0].label == "red"
    (sent,) = api.asked
    assert sent.text == "red one"
    assert sent.picture is not None
    kind, data = sent.picture
    assert (kind, Image.open(io.BytesIO(data)).size) == ("image/jpeg", (288, SIDE))
    parts = sent.body["messages"][-1]["content"]
    assert [part["type"] for part in parts] == [
        "image_url" if service.dialect == "openai" else "image",
        "text",
    ]
    assert "photo.jpg" not in str(
        {**sent.body, "messages": [sent.words]}
    )  # a file's name may say more than its owner wants
    assert "fits the text and the picture" in str(sent.body)


def test_what_cannot_be_read_is_not_sent_and_its_words_go_alone(
    seeing: Question, service: Service, api: FakeApi, ask: Callable[..., Outcome], tmp_path: Path
) -> None:
    quote = make_quote(ROWS, seeing, service, tmp_path / "answers")
    assert (quote.rows, quote.to_send, quote.pictures) == (8, 6, 3)
    assert len(quote.unread) == 2
    assert quote.unread[1] == "gone.png: it is not among the pictures"
    assert "6 texts and 3 pictures would be sent" in quote.sentence
    assert "2 pictures cannot be read and are not sent (broken.png:" in quote.sentence
    assert "an estimate" in quote.sentence
    outcome = ask(ROWS, service, question=seeing)
    assert [one.label for one in outcome.answers] == ["red", "green", "red", "green", None, "red", "red", "red"]
    assert "nothing to read" in outcome.answers[4].why
    assert sum(one.picture is not None for one in api.asked) == 3
    alone = {one.text: one.body["messages"][-1]["content"] for one in api.asked if one.picture is None}
    assert set(alone) == {"red three", "green four", "red five"}
    assert all(isinstance(content, str) and "no picture" in content for content in alone.values())


def test_answers_are_kept_by_the_words_and_the_content_of_the_picture(
    seeing: Question, service: Service, api: FakeApi, ask: Callable[..., Outcome], place: Path
) -> None:
    ask(ROWS, service, question=seeing)
    before = len(api.asked)
    assert ask(ROWS, service, question=seeing).sent == 0
    (place / "copy.jpg").write_bytes((place / "photo.jpg").read_bytes())
    again = Question("", seeing.labels, pictures=Gallery(place))
    assert ask([beside(["red one", "copy.jpg"])], service, question=again).sent == 0  # another name, the same picture
    Image.new("RGB", (50, 50), "blue").save(place / "photo.jpg")
    again = Question("", seeing.labels, pictures=Gallery(place))
    assert ask(ROWS, service, question=again).sent == 1
    assert len(api.asked) == before + 1


def test_the_quote_tells_the_price_of_the_pictures(seeing: Question, place: Path, tmp_path: Path) -> None:
    service = Service("openai", "gpt-4.1", price=Price(1.0, 4.0))
    quote = make_quote(ROWS, seeing, service, tmp_path)
    assert quote.picture_tokens == 3 * 255
    words = make_quote([text.split("\x1f")[0] for text in ROWS], seeing, service, tmp_path)
    assert words.pictures == words.picture_tokens == 0
    assert (
        "1 picture cannot be read and is not sent (gone.png:"
        in make_quote(ROWS[3:4], seeing, service, tmp_path).sentence
    )
    assert quote.dollars == pytest.approx((quote.tokens_read + 4 * quote.tokens_written) / 1e6)
    told = Agreement(quote, make_quote(ROWS[:1], seeing, service, tmp_path), 5.0).to_json()
    assert (told["pictures"], told["picture_tokens"]) == (4, 4 * 255)
    assert told["first_rows"][0]["picture"] == {"name": "photo.jpg", "width": 288, "height": SIDE}
    assert [line.split(":")[0] for line in told["pictures_not_sent"]] == ["broken.png", "gone.png"]
    before = quote.id
    Image.new("RGB", (50, 50), "blue").save(place / "photo.jpg")
    again = Question("", seeing.labels, pictures=Gallery(place))
    assert make_quote(ROWS, again, service, tmp_path).id != before  # another picture is another thing to agree to


def test_texts_without_pictures_are_asked_as_ever(question: Question, service: Service) -> None:
    plain = make_prompt(question, "red one")
    assert plain.picture is None
    assert "picture" not in plain.system + plain.user
    assert Question("", question.labels).task == USUAL
    assert not question.is_blank("red")
    assert question.is_blank(" ")


@pytest.mark.parametrize(
    "complaint",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "No endpoints found that support image input",
        "model-x is not a multimodal model",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
    ],
)
def test_a_model_that_does_not_see_is_said_at_once(
    complaint: str, seeing: Question, service: Service, api: FakeApi, ask: Callable[..., Outcome]
) -> None:
    def blind(asked: Asked, before: int) -> Act:
        return Act(400, {"error": {"message": complaint}}) if asked.picture else Act(body=reply(asked, "red"))

    api.behave = blind
    with pytest.raises(TlcoreError, match="takes no pictures"):
        ask(ROWS[:2], service, question=seeing)


def test_one_picture_that_is_refused_is_passed_over(
    seeing: Question, service: Service, api: FakeApi, ask: Callable[..., Outcome]
) -> None:
    def choosy(asked: Asked, before: int) -> Act:
        if asked.picture and asked.picture[0] == "image/png":
            return Act(400, {"error": {"message": "Could not process image"}})
        return Act(body=reply(asked, asked.text.split()[0]))

    api.behave = choosy
    found = ask(ROWS[:2], service, question=seeing).answers
    assert (found[0].label, found[1].label) == ("red", None)
    assert "Could not process image" in found[1].why
