"""A few words in many languages and encodings are told apart."""

import pytest

from tlcore.tables.encodings import best_guess

TEXTS = {
    "German": ("Der Käse ist großartig, aber die Lieferung war verspätet. Schöne Grüße! Preis 5 €", "cp1252 mac_roman"),
    "French": ("Très déçu par la qualité, l’écran était cassé. Où est mon remboursement ? œuvre", "cp1252 mac_roman"),
    "Spanish": ("El envío llegó tarde y el niño no pudo jugar. ¿Cuándo lo cambiarán? ¡Qué lástima!", "cp1252 mac_roman"),
    "Italian": ("Perché è così difficile? La qualità è ottima, però la città è più bella", "cp1252 mac_roman"),
    "Swedish": ("Jag älskar den här produkten men färgen är fel. Åtta gånger på morgonen", "cp1252 mac_roman cp850"),
    "English": ("It’s a great product – I’d “recommend” it. Costs £5… only café visits are dearer", "cp1252 mac_roman"),
    "Polish": ("Bardzo dobra jakość, ale przesyłka przyszła późno. Żółta łódź, gęś i źródło", "cp1250 iso8859_2"),
    "Czech": ("Příliš žluťoučký kůň úpěl ďábelské ódy. Zboží přišlo rozbité", "cp1250 iso8859_2"),
    "Hungarian": ("Nagyon jó minőség, de késve érkezett. Köszönöm szépen, tűrhető ügyintézés", "cp1250 iso8859_2"),
    "Romanian": ("Foarte bună calitate, dar a întârziat. Mulţumesc, aşa da, ţară şi fraţi", "cp1250"),
    "Turkish": ("Çok güzel bir ürün, ama geç geldi. Şimdi iade etmek istiyorum, ağaç, ışık", "cp1254"),
    "Russian": ("Очень хороший товар, но доставка задержалась. Спасибо большое", "cp1251 koi8_r cp866"),
    "Greek": ("Πολύ καλό προϊόν, αλλά η παράδοση άργησε. Ευχαριστώ πολύ", "cp1253"),
    "Hebrew": ("מוצר טוב מאוד, אבל המשלוח איחר. תודה רבה על השירות", "cp1255"),
    "Arabic": ("منتج جيد جدا ولكن التوصيل تأخر. شكرا جزيلا على الخدمة", "cp1256"),
    "Lithuanian": ("Labai gera kokybė, bet siunta vėlavo. Ačiū, žąsys, šuo, ūkis, įdomu", "cp1257"),
    "Japanese": ("とても良い商品ですが、配送が遅れました。ありがとうございます。", "cp932 euc_jp"),
    "Chinese": ("产品质量很好，但是快递太慢了。谢谢，下次再来", "gb18030"),
    "Chinese, traditional": ("產品質量很好，但是快遞太慢了。謝謝，下次再來", "big5"),
    "Korean": ("제품은 아주 좋지만 배송이 늦었어요. 감사합니다", "cp949"),
}  # fmt: skip
CASES = [(language, encoding) for language, (_, encodings) in TEXTS.items() for encoding in encodings.split()]


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_one_line_is_enough(language, encoding):
    line = f"1;{TEXTS[language][0]};a".encode(encoding)
    assert line.decode(best_guess(line), "replace") == line.decode(encoding)


@pytest.mark.parametrize("text", ["a price of £5", "(£)", "it’s", "naïve", "5 €", "20 °C", "© 2020", "“quoted”"])
def test_a_single_mark_in_english_is_cp1252(text):
    assert text.encode("cp1252").decode(best_guess(text.encode("cp1252"))) == text


def test_plain_and_strange_bytes():
    assert best_guess(b"") == "cp1252"
    assert best_guess(bytes(range(128, 256)) * 500)
