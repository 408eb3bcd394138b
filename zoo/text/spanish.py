"""Parts of speech and lemmas of Spanish words by rule: ``rules-es``.

Words of the closed classes are listed; the others are told by what they are written with, by their endings, and by the
part of speech of the word before. That is a guess, good enough as a feature of a tagger that learns what to make of it,
and no substitute for a trained pipeline. As Universal Dependencies have it, articles and pronouns have the masculine
singular as their lemma; a contraction is what its first part is (``del``: the adposition ``de``).

A checkpoint that names these rules was trained with what they say: a better rule is another name, never an edit here.
"""

import re

from zoo.text.word_rules import class_by_ending, class_without_letters, is_name_like, listed

_CLASSES = listed(
    {
        "DET": "el la los las un una unos unas este esta estos estas ese esa esos esas aquel aquella aquellos "
        "aquellas su sus mi mis tu tus nuestro nuestra nuestros nuestras todo toda todos todas otro otra otros otras "
        "cada algún alguna algunos algunas ningún ninguna ambos ambas varios varias mucho mucha muchos muchas poco "
        "poca pocos pocas dicho dicha dichos dichas tanto tanta tal tales cuyo cuya cuyos cuyas",
        "ADP": "de del a al en con por para sin sobre entre hasta desde hacia según tras ante bajo contra durante "
        "mediante vía salvo excepto",
        "PRON": "se le les lo me te nos os yo él ella ellos ellas ello usted ustedes que quien quienes cual cuales "
        "esto eso aquello algo nada nadie alguien uno ninguno cuanto donde",
        "AUX": "es son era eran fue fueron ser sido siendo sea sean será serán sería está están estaba estaban "
        "estuvo estar estado ha han había habían hubo haber habido haya hayan puede pueden podía podría podrían pudo "
        "debe deben debía debería",
        "CCONJ": "y e o u ni pero sino",
        "SCONJ": "si porque aunque mientras cuando como pues",
        "ADV": "no sí muy más menos ya también tampoco así asimismo además ahora después antes luego entonces "
        "siempre nunca casi aún todavía bien mal solo sólo bastante apenas incluso allí aquí hoy ayer tan cerca "
        "lejos dentro fuera arriba abajo encima detrás atrás tarde",
        "NUM": "cero dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil millón millones ii iii iv "
        "vi vii",
        "ADJ": "gran grande grandes mayor mayores menor menores mejor peor buen bueno buena primer primero primera "
        "segundo segunda tercer tercera último última mismo misma mismos mismas nuevo nueva leve leves normal "
        "normales grave graves libre libres izquierdo izquierda izquierdos izquierdas derecho derecha derechos "
        "derechas superior superiores inferior inferiores anterior anteriores posterior posteriores interior "
        "exterior múltiple múltiples alto alta altos altas bajos bajas simple simples blando blanda junto pulmonar "
        "pulmonares lumbar lumbares nasal",
        "NOUN": "paciente pacientes antecedente antecedentes grado recidiva diagnóstico pérdida líquido tejido "
        "tejidos contenido material lado características fosa mujer cáncer catéter uréter carácter hogar malestar "
        "pesar grados tórax pene año años edad día días mes meses dolor dolores hígado riñón corazón varón fiebre "
        "caso casos órgano estudio biopsia médico resultado resultados tratamiento resto sangre sangrado embarazo "
        "peso lesión músculo",
        "VERB": "presenta presentaba presentó presentan refiere refería refirió muestra mostró mostraba realiza "
        "realizó realizaron tiene tenía tuvo tienen hay inicia inició acude acudió ingresa ingresó recibe recibió "
        "observa observó aprecia apreció decide decidió evidencia evidenció encuentra encontró destaca destacó hace "
        "hacía hizo hacer dio da dar va ir trata informa procede solicita puso infiltra afecta objetiva practica "
        "indica identifica",
    }
)
_ENDINGS = listed(
    {
        "ADV": "mente",
        "VERB": "ar er ir ando iendo yendo ándose iéndose arse erse irse aron ieron aba aban ó arían ará arán aría "
        "amos",
        "ADJ": "ado ada ados adas ido ida idos idas oso osa osos osas ico ica icos icas ivo iva ivos ivas al ales "
        "able ables ible ibles ario aria arios arias ante antes ente entes ares ular ulares oide oides ógeno ógena "
        "oideo",
        "NOUN": "ción ciones sión siones miento mientos mento dad dades tad itis osis asis emia uria oma omas algia "
        "logía logías grafía grafías tomía ectomía patía patías ismo ista ancia encia ancias encias aje ura uras "
        "ador tor dor tura plasia ina inas ato ol ía ías scopia",
    }
)
_LEMMAS = listed(
    {
        "el": "la los las",
        "uno": "un una unos unas",
        "este": "esta estos estas",
        "ese": "esa esos esas",
        "aquel": "aquella aquellos aquellas",
        "su": "sus",
        "nuestro": "nuestra nuestros nuestras",
        "todo": "toda todos todas",
        "otro": "otra otros otras",
        "alguno": "algún alguna algunos algunas",
        "ninguno": "ningún ninguna",
        "ambos": "ambas",
        "varios": "varias",
        "mucho": "mucha muchos muchas",
        "poco": "poca pocos pocas",
        "dicho": "dicha dichos dichas",
        "cuyo": "cuya cuyos cuyas",
        "de": "del",
        "a": "al",
        "él": "se le les lo ella ellos ellas ello",
        "yo": "me nos",
        "cual": "cuales",
        "ser": "es son era eran fue fueron sido siendo sea sean será serán sería",
        "estar": "está están estaba estaban estuvo estado",
        "haber": "ha han había habían hubo habido haya hayan hay",
        "poder": "puede pueden podía podría podrían pudo",
        "deber": "debe deben debía debería",
        "tener": "tiene tenía tuvo tienen",
        "hacer": "hace hacía hizo",
        "dar": "da dio dado",
        "ir": "va",
        "poner": "puso",
        "presentar": "presenta presentan",
        "referir": "refiere refería refirió",
        "mostrar": "muestra",
        "encontrar": "encuentra",
        "realizar": "realiza",
        "iniciar": "inicia",
        "ingresar": "ingresa",
        "observar": "observa",
        "apreciar": "aprecia apreció",
        "evidenciar": "evidencia",
        "destacar": "destaca",
        "acudir": "acude acudió",
        "recibir": "recibe recibió",
        "decidir": "decide decidió",
        "tratar": "trata",
        "informar": "informa",
        "proceder": "procede",
        "solicitar": "solicita",
        "infiltrar": "infiltra",
        "afectar": "afecta",
        "objetivar": "objetiva",
        "practicar": "practica",
        "indicar": "indica",
        "identificar": "identifica",
        "grande": "gran grandes",
        "primero": "primer primera",
        "tercero": "tercer tercera",
        "bueno": "buen buena",
    }
)
_UNITS = frozenset("mg g kg ml l dl cm mm mmol meq ui mcg h hs mmhg lpm rpm ng pg".split())
_INFINITIVES = listed(  # of forms with these endings
    {
        "ar": "arse ando ándose aron arían ará arán aría aba aban ado ada ados adas amos ó",
        "er": "erse iendo iéndose yendo ieron ido ida idos idas",
        "ecer": "eció ecido",
        "ciar": "ció",
        "ir": "irse ió",
    }
)
_PLAIN = str.maketrans("áéíóú", "aeiou")
_STRESSED_PLURAL = re.compile(r"([aeio])nes$")
_HOMOGRAPHS = frozenset("muestra evidencia da informa practica".split())  # verbs, but nouns after a determiner


def read_word(form: str, before: str) -> tuple[str, str]:
    """Lemma and UPOS tag of a word, from how it is written and the tag of the word before.

    Args:
        form: The word as written.
        before: UPOS tag of the word before, empty at the beginning of a sentence.

    Examples:
        >>> read_word("lesiones", "DET"), read_word("del", "NOUN"), read_word("hepáticas", "NOUN")
        (('lesión', 'NOUN'), ('de', 'ADP'), ('hepático', 'ADJ'))
    """
    word = form.lower()
    pos = class_without_letters(form) or _part_of_speech(form, word, before)
    return _lemma(form, word, pos), pos


def _part_of_speech(form: str, word: str, before: str) -> str:
    if before == "NUM" and word in _UNITS:
        return "NOUN"
    if word in _CLASSES and (form == word or before in ("", "PUNCT")):
        if word == "que":
            return "SCONJ" if before in ("VERB", "AUX", "ADP") else "PRON"
        return "NOUN" if word in _HOMOGRAPHS and before in ("DET", "ADP") else _CLASSES[word]
    if is_name_like(form) or (form != word and before):
        return "PROPN"
    pos = class_by_ending(word, _ENDINGS, otherwise="NOUN")
    if pos == "ADJ" and before == "DET":
        return "NOUN"  # los resultados
    if pos == "ADJ" and before == "AUX" and word.endswith(("ado", "ido")):
        return "VERB"  # ha presentado
    return "ADJ" if word.endswith("ar") and before == "NOUN" else pos


def _lemma(form: str, word: str, pos: str) -> str:
    if pos == "PROPN":
        return form
    if pos == "NOUN":
        return _singular(word)
    if word in _LEMMAS:
        return _LEMMAS[word]
    if pos == "ADJ":
        singular = _singular(word)
        return singular[:-1] + "o" if singular.endswith("a") and not singular.endswith("ista") else singular
    return _infinitive(word) if pos == "VERB" else word


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("is", "us", "és", "ss")):
        return word
    if word.endswith("ces"):
        return word[:-3] + "z"
    if stressed := _STRESSED_PLURAL.search(word):
        singular = word[:-2].translate(_PLAIN)
        if singular != word[:-2]:
            return singular  # imágenes, imagen
        return word[:-4] + {"a": "á", "e": "é", "i": "í", "o": "ó"}[stressed[1]] + "n"  # lesiones, lesión
    after_consonant = word == "meses" or (word.endswith(("les", "res", "des", "yes")) and word[-4] not in "bpt")
    return word[:-2] if after_consonant else word[:-1]


def _infinitive(word: str) -> str:
    for start in range(2, len(word)):
        if word[start:] in _INFINITIVES:
            return word[:start].translate(_PLAIN) + _INFINITIVES[word[start:]]
    return word
