"""Texts in languages that the base model does not speak, told from their script and their small words."""

from __future__ import annotations

import re
from collections import Counter

from tlcore.checks.base import INFO, WARNING, Fix, Problem, used_rows
from tlcore.datasets import Dataset
from tlcore.facts import Facts

CHARACTERS_READ = 400
"""The beginning of a text tells its language."""
FEW_ROWS, FEW_SHARE, MANY_ROWS = 3, 0.005, 20
"""Fewer than the first, or less than the share and fewer than the last: greetings and names, not worth a word."""
MANY = 0.1
WORDS_NEEDED = 2
"""Different small words of a language that a text must hold: one alone can be a name or a loan."""
SHARE_NEEDED, TIMES_ENGLISH = 0.15, 2
"""Of all words, and beside the small words of English."""
SCRIPTS = (
    ("Greek", "Ͱ-Ͽἀ-῿"), ("Russian or another language in Cyrillic script", "Ѐ-ԯ"), ("Hebrew", "֐-׿"),
    ("Arabic, Persian or Urdu", "؀-ۿݐ-ݿ"), ("Hindi or another Indian language", "ऀ-෿"), ("Thai or Lao", "฀-໿"),
    ("Armenian or Georgian", "԰-֏Ⴀ-ჿ"), ("Korean", "ᄀ-ᇿ가-힣"), ("Japanese", "ぁ-ヿ"), ("Chinese or Japanese", "㐀-䶿一-鿿"),
)  # fmt: skip
OTHER_SCRIPT = re.compile("[" + "".join(signs for _, signs in SCRIPTS) + "]")
SCRIPT = [(name, re.compile(f"[{signs}]")) for name, signs in SCRIPTS]
LINKS = re.compile(r"(?:https?://|www\.)\S+|\S*[@#]\S+")
LINK_SIGNS = ("://", "www.", "@", "#")
"""Without any of them LINKS, slow to find that there is none, need not look."""
LETTERS = re.compile(r"[^\W\d_]+")
SMALL_ENGLISH = (
    "the of and to in is it you that he was for on are with as i his they be at one have this from or had by but not what all "
    "were we when your can there an which she do how their if will up about out them then so would her like him has my me no a "
    "been its who did get may just don am us our more any now than could some over why where after also into only i'm it's u ur "
    "please want need im dont cant does how's what's much because too very here got go going know see come back still should"
)
ENGLISH = frozenset(SMALL_ENGLISH.split())
SMALL_WORDS = {
    "Spanish": "que los las una para con por como pero más está este esta muy sin sobre también hay cuando qué cómo cuál cuándo "
    "dónde quién del al el la en es de y su se lo un mi yo nos fue son tiene había cuántos cuántas porque ya nada todo desde hasta no he has me a",
    "French": "les des une est dans pour que qui pas vous nous avec sur plus ce cette sont mais très être fait ont aux était leur "
    "où je il elle et le la de du un en au se ne mon ma mes quand comment quel quelle c'est j'ai bien tout après on me a",
    "German": "der das und ist nicht ich ein eine mit auf für sie dem den zu es sich von auch wie wird bei aus nach noch sind wir "
    "aber haben einen einer oder über wenn kann nur wurde sehr ihr mir mich habe zum zur bitte mein meine warum wo dass im vom in an so die was will war also am",
    "Portuguese": "que não uma para com por mais mas como foi muito está você também são ao dos das pelo pela isso ele ela em do da "
    "os um no na seu sua meu minha quando onde porque já tem ser nos até sem de o e no a me as do",
    "Italian": "che non una per con sono più anche come ma della del di il la le gli nel alla questo questa è ho ha mi si lo un i "
    "perché quando dove molto mio mia dei delle sul dal tutto essere stato cosa ancora a i in me no come",
    "Dutch": "het een van niet dat zijn voor met maar ook wat naar heeft mijn deze nog wel geen worden hij ik je er aan bij uit "
    "als dan werd kan hebben door over hoe waarom waar op te en de om zo is in of was we me",
    "Polish": "nie się jest na do że jak ale to co po za tak już czy był przez dla od mnie są bardzo tylko gdzie kiedy może mam "
    "oraz który która w z i o to a on do we",
    "Swedish, Danish or Norwegian": "och att det är som på inte för med jag har ett den till av om var men så och og ikke jeg er "
    "til det som på en et af fra vi kan har når hvor mig min mitt mycket meget veldig efter etter at for i in",
    "Turkish": "bir ve bu için çok ne ama da de var mi daha gibi kadar olarak ben sen değil olan sonra nasıl neden yok şey ile her",
    "Romanian": "și este nu un o să cu pe la din pentru care mai ce sunt de în au fost dar foarte când unde acest această am fi",
    "Czech or Slovak": "je se na že to jsem jako ale který která by pro bylo jsou když už nebo tak velmi som nie čo ako pre aj sa",
    "Hungarian": "hogy nem egy az és van de meg ez is csak már mint volt nagyon mi lesz vagy kell ha még ezt azt",
    "Finnish": "ja on ei se että oli hän kun mutta myös ovat niin kuin mitä tämä jos joka minun olen ole mutta sitä vain",
    "Indonesian or Malay": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena tersebut bisa ada adalah "
    "kamu aku apa sudah kalau tak nak lagi boleh",
    "Vietnamese": "và của là không được cho có người trong một những các với để này khi tôi đã rất cũng như bạn",
    "Tagalog": "ang ng sa mga na ay hindi ko mo ito kung para po naman lang yung siya ako ka niya",
}
MARKS = {
    "Spanish": "¿¡ñ", "German": "ßäöü", "Portuguese": "ãõ", "French": "çêœ", "Polish": "ąęłżśćń", "Turkish": "ışğ",
    "Swedish, Danish or Norwegian": "åæø", "Romanian": "ășț", "Czech or Slovak": "ěřůčž", "Hungarian": "őű", "Vietnamese": "ơưđạả",
}  # fmt: skip
"""Letters that are common in a language and rare in most others: they count as one more small word."""
SHARED = {language: ENGLISH & set(small.split()) for language, small in SMALL_WORDS.items()}
"""Words of both, such as "no" and "me": each is half a word for English."""
LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in SMALL_WORDS.items():
    for _word in sorted(set(_words.split()) - ENGLISH):
        if len(_word) > 1:  # a letter alone is an initial or a bullet as often
            LANGUAGES_OF.setdefault(_word, []).append(_language)


def languages(dataset: Dataset, facts: Facts) -> Problem | None:
    found: dict[int, str] = {}
    seen = 0
    for row, text in used_rows(dataset, "row", "text"):
        seen += 1
        if language := foreign_language(text):
            found[row] = language
    share = len(found) / max(1, seen)
    if len(found) < FEW_ROWS or (share < FEW_SHARE and len(found) < MANY_ROWS):
        return None
    counts = Counter(found.values()).most_common()
    which = ", ".join(f"{language} ({count:,})" for language, count in counts[:4])
    which += f" and {len(counts) - 4} more" if len(counts) > 4 else ""
    rows = tuple(found)
    return Problem(
        "languages",
        f"{len(rows):,} of {seen:,} texts seem to be in another language than English: {which}.",
        WARNING if share > MANY else INFO,
        1 - share,
        "The base model that comes with Nudge learnt from English, and hardly understands other languages. "
        + ("A base model for many languages, such as XLM-R, would do better here." if share > MANY
           else "They are learnt and answered less well. Translate them, or leave them out if no such texts will come later."),
        rows,
        () if share > 0.5 else (Fix("leave_out", f"Leave out {len(rows):,} texts", rows=rows),),
        tuple(f"looks like {language}" for language in found.values()),
    )  # fmt: skip


def foreign_language(text: str) -> str | None:
    """The language that a text seems to be in, or None for English and where too little is said to tell."""
    start = text[:CHARACTERS_READ]
    if any(sign in start for sign in LINK_SIGNS):
        start = LINKS.sub(" ", start)
    if not start.isascii() and (script := _script(start)):
        return script
    words = LETTERS.findall(start.casefold())
    known = [word for word in words if word in LANGUAGES_OF]
    if not known:
        return None
    hits: Counter[str] = Counter()
    for word in known:
        hits.update(LANGUAGES_OF[word])
    different: Counter[str] = Counter()
    for word in set(known):
        different.update(LANGUAGES_OF[word])
    if not start.isascii():
        marked = [name for name in different if any(sign in start.casefold() for sign in MARKS.get(name, ""))]
        hits.update(marked)
        different.update(marked)
    best = max(different, key=lambda name: (different[name], hits[name], name))
    english = sum(0.5 if word in SHARED[best] else 1 for word in words if word in ENGLISH)
    sure = (
        different[best] >= WORDS_NEEDED
        and hits[best] > TIMES_ENGLISH * english
        and hits[best] >= SHARE_NEEDED * len(words)
    )
    return best if sure else None


def _script(text: str) -> str | None:
    """The script that most letters are of, where it is not the Latin one."""
    if not OTHER_SCRIPT.search(text):
        return None
    letters = sum(map(len, LETTERS.findall(text)))
    if len(OTHER_SCRIPT.findall(text)) * 2 < letters:
        return None
    counts = {name: len(pattern.findall(text)) for name, pattern in SCRIPT}
    return "Japanese" if counts["Japanese"] else max(counts, key=lambda name: counts[name])
