"""The letters outside ASCII that languages use, the common and the rare ones, and the encodings they come in."""

from __future__ import annotations

# language: (common letters, rare letters). Lower case; languages that share a script and a keyboard stand together.
_WESTERN = {
    "german": ("äöüß", "éàè"),
    "french": ("éèàêçùîôâ", "ûëïœüÿæ"),
    "spanish": ("áéíóúñ", "ü"),
    "portuguese": ("áàâãéêíóôõúç", "üè"),
    "italian": ("àèéìòù", "íóî"),
    "nordic": ("åäöæøé", "üàáíóúýþð"),
    "dutch": ("éëïö", "üèáóíúê"),
    "catalan": ("àèéíïòóúüç", "·"),
}
_CENTRAL = {
    "polish": ("ąćęłńóśżź", "é"),
    "czech": ("áčďéěíňóřšťúůýž", "ľĺŕôäö"),
    "hungarian": ("áéíóöőúüű", ""),
    "croatian": ("čćđšž", ""),
    "romanian": ("ăâîşţșț", ""),
    "german": ("äöüß", "é"),
}
_TURKISH = {"turkish": ("çğıöşüiİ", "âîû")}
_BALTIC = {"lithuanian": ("ąčęėįšųūž", ""), "latvian": ("āčēģīķļņšūž", ""), "estonian": ("äõöü", "šž")}
_CYRILLIC = {
    "russian": ("оеаинтсрвлкмдпуяыьгзбчйхжшю", "цщэфъё"),
    "ukrainian": ("оаинівтерслкудмпязьбгчй", "хжшюїцщфєґ"),
    "serbian": ("аиоенрсјтуквдмлпгзбчш", "жцњћхљђфџ"),
}
_GREEK = {"greek": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ", "ϊϋΐΰ")}
_HEBREW = {"hebrew": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת", "")}
_ARABIC = {"arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآءئؤ", "پچژگًٌٍَُِّْ،؟")}
_THAI = {"thai": ("".join(chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))), "฿๐๑๒๓๔๕๖๗๘๙")}

# In the order of how common they are: of equally likely ones the first is taken.
SINGLE_BYTE: dict[str, dict[str, tuple[str, str]]] = {
    "cp1252": _WESTERN,
    "mac_roman": _WESTERN,
    "cp1250": _CENTRAL,
    "cp1251": _CYRILLIC,
    "cp1254": _TURKISH,
    "cp1253": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "cp1257": _BALTIC,
    "cp874": _THAI,
    "iso8859_2": _CENTRAL,
    "iso8859_15": _WESTERN,
    "koi8_r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
    "mac_latin2": _CENTRAL,
    "mac_cyrillic": _CYRILLIC,
}
# encoding: the first bytes of its everyday characters (the first level of each standard).
MULTI_BYTE: dict[str, tuple[int, int]] = {
    "cp932": (0x88, 0x97),
    "euc_jp": (0xB0, 0xCF),
    "gb18030": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
    "cp949": (0xB0, 0xC8),
}
JAPANESE = ("cp932", "euc_jp")
# Marks that text of any language has; worth less than letters, except where they clearly stand in their place.
MARKS = frozenset("’‘“”„–—…•·«»‹›°§©®™€£¥×½¼¾²³µ±¿¡ªº\u00a0†′″№、。「」『』（）！？：；，～・ー《》【】＊％＋－／℃")
ALONE = frozenset("àáéèêóòôöåæøÀÁÉÈÓÒÔÖÅØаиоусвкяіјєАИОУСВКЯІη")  # letters that are words
