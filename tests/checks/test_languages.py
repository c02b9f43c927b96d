from collections.abc import Callable

import pytest

from tlcore.checks.languages import foreign_language, languages
from tlcore.datasets import Dataset
from tlcore.facts import measure_facts
from tlcore.tables import read_table

TEXTS = [f"this is the text with number {i}" for i in range(40)]
SPANISH = [
    "No he recibido mi pedido y quiero saber dónde está",
    "El paquete llegó roto, ¿qué puedo hacer?",
    "Muy contento con la tienda, todo bien",
]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("Spanish", "No he recibido mi pedido y quiero saber dónde está"),
        ("French", "Je n'ai pas reçu mon colis et je voudrais savoir où il est"),
        ("German", "Ich habe mein Paket noch nicht bekommen und möchte wissen, wo es ist"),
        ("Portuguese", "Não recebi a minha encomenda e quero saber onde ela está"),
        ("Italian", "Non ho ricevuto il mio pacco e vorrei sapere dove si trova"),
        ("Dutch", "Ik heb mijn pakket nog niet gekregen en wil weten waar het is"),
        ("Polish", "Nie dostałem jeszcze paczki i chcę wiedzieć, gdzie ona jest"),
        ("Swedish, Danish or Norwegian", "Jag har inte fått mitt paket och vill veta var det är"),
        ("Turkish", "Paketim hâlâ gelmedi ve nerede olduğunu bilmek için ne yapmalıyım"),
        ("Romanian", "Nu am primit încă pachetul și vreau să știu unde este"),
        ("Czech or Slovak", "Ještě jsem nedostal balík a chci vědět, kde je"),
        ("Hungarian", "Még nem kaptam meg a csomagot és szeretném tudni, hogy hol van"),
        ("Finnish", "En ole vielä saanut pakettia ja haluan tietää, missä se on"),
        ("Indonesian or Malay", "Saya belum menerima paket itu dan ingin tahu di mana"),
        ("Russian or another language in Cyrillic script", "Я ещё не получил посылку"),
        ("Greek", "Δεν έχω λάβει ακόμα το δέμα"),
        ("Arabic, Persian or Urdu", "لم أستلم الطرد بعد"),
        ("Hebrew", "עדיין לא קיבלתי את החבילה"),
        ("Hindi or another Indian language", "मुझे अभी तक पैकेज नहीं मिला"),
        ("Thai or Lao", "ฉันยังไม่ได้รับพัสดุ"),
        ("Korean", "아직 소포를 받지 못했습니다"),
        ("Japanese", "まだ荷物が届いていません"),
        ("Chinese or Japanese", "我还没有收到包裹"),
    ],
)
def test_a_language_is_told_from_its_script_and_small_words(language: str, text: str) -> None:
    assert foreign_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "", "ok", "Los Angeles", "I went to São Paulo and the café", "Why is my card not working?", "El Niño is a weather pattern",
        "He lives in the Rue de la Paix", "Ludwig van der Rohe", "Die hard is on TV", "E-mail: a@b.com (C. de Vries)", "404",
        "The word α is Greek for a", "Do you have it in XL? 😀", "c'est la vie, as they say in the office",
    ],
)  # fmt: skip
def test_english_with_names_and_loans_and_bare_bits_are_left_alone(text: str) -> None:
    assert foreign_language(text) is None


def test_a_few_foreign_rows_are_named_and_can_be_left_out(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, *SPANISH, "Mein Paket ist noch nicht da"], ["a", "b"] * 22)
    problem = languages(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.title == "4 of 44 texts seem to be in another language than English: Spanish (3), German (1)."
    assert problem.rows == (42, 43, 44, 45)
    assert problem.notes[-1] == "looks like German"
    assert problem.severity == "info"
    assert problem.fixes[0].rows == problem.rows


def test_where_most_texts_are_foreign_another_base_is_the_advice(classify: Callable[..., Dataset]) -> None:
    dataset = classify([f"{text} {i}" for i, text in enumerate(SPANISH * 10)], ["a", "b"] * 15)
    problem = languages(dataset, measure_facts(dataset))
    assert problem is not None
    assert problem.severity == "warning"
    assert problem.score == 0
    assert "XLM-R" in problem.cost
    assert problem.fixes == ()


def test_two_greetings_are_not_worth_a_word(classify: Callable[..., Dataset]) -> None:
    dataset = classify([*TEXTS, *SPANISH[:2]], ["a", "b"] * 21)
    assert languages(dataset, measure_facts(dataset)) is None


def test_real_questions_in_english_and_in_spanish_are_told_apart(bench_data) -> None:
    table = read_table(bench_data / "xquad_questions_en_es" / "train.csv")
    spanish = [foreign_language(text) for text in table.column("target")]
    assert spanish.count("Spanish") >= 0.98 * len(spanish)
    english = [*table.column("source"), *read_table(bench_data / "banking77" / "train.csv").column("text")]
    assert sum(foreign_language(text) is not None for text in english) <= 3
