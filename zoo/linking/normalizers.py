"""Named ways to rewrite a mention so that what means the same is written the same, in English and Spanish.

Each is a function of one string and may be used alone; :func:`keys` chains them to the forms that are sought.
"""

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache

_GREEK_NAMES = (
    *(
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
    ),
    *("omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)
_GREEK_SIGNS = "αΑ βΒϐ γΓ δΔ εΕϵ ζΖ ηΗ θΘϑ ιΙ κΚϰ λΛ μΜµ νΝ ξΞ οΟ πΠϖ ρΡϱ σΣς τΤ υΥ φΦϕ χΧ ψΨ ωΩ".split()
_GREEK = {sign: name for signs, name in zip(_GREEK_SIGNS, _GREEK_NAMES, strict=True) for sign in signs}
_GREEK_LETTER = re.compile(f"[{''.join(_GREEK)}]")
_GREEK_SPANISH = {"alfa": "alpha", "gama": "gamma", "ro": "rho", "fi": "phi", "ji": "chi", "lamda": "lambda"}
_ROMAN = re.compile(r"(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, which no UTF-8 has
_MARKS = re.compile("[\u0300-\u036f]")
_POSSESSIVE = re.compile(r"['’`´]s\b|(?<=s)['’`´](?=\s|$)")
_WORDS = re.compile(r"[^\W_]+")
_PARTED = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_NUMBERED = frozenset("type tipo factor grade grado class clase stage estadio group grupo phase fase".split())
# No single letter but y: vitamin A is not vitamin E.
_LITTLE = {
    "en": frozenset("an and by due for from in nos of on or other the to unspecified with".split()),
    "es": frozenset("al con de del el en la las lo los otra otro otras otros para por sin un una y".split()),
}
_ALIKE = {
    language: {word: words.split()[0] for words in families for word in words.split()}
    for language, families in {
        "en": (
            "neoplasm cancer carcinoma tumor malignancy neoplasia adenocarcinoma",
            "disease disorder syndrome",
            "deficiency defect deficient lack",
            "abnormality anomaly malformation abnormal",
            "hereditary inherited familial",
            "kidney renal nephric",
            "liver hepatic",
            "heart cardiac",
            "lung pulmonary",
            "breast mammary",
            "colon colonic",
            "stomach gastric",
            "brain cerebral",
            "ovary ovarian",
            "pancreas pancreatic",
            "prostate prostatic",
            "uterus uterine",
            "bone osseous",
            "skin cutaneous dermal",
            "muscle muscular",
            "nerve neural",
            "injury damage lesion",
            "pain ache",
            "failure insufficiency",
        ),
        "es": (
            "neoplasia cancer carcinoma tumor",
            "enfermedad trastorno sindrome",
            "deficit deficiencia",
            "anomalia malformacion anormalidad",
            "renal riñon rinon",
            "hepatico higado hepatica",
            "cardiaco corazon cardiaca",
            "pulmonar pulmon",
            "dolor algia",
        ),
    }.items()
}
"""Words that stand for one another in names of diseases, by the first of each family."""
_ORDINARY = ("doses", "noses", "roses", "glucoses", "causes", "abuses", "houses", "fuses")
_SAME_IN_PLURAL = {
    "en": re.compile("(?:ss|us|is|^pancreas|^bias|^gas|^lens|^rabies|^herpes)$"),
    "es": re.compile("(?:is|us)$"),
}


class Level(IntEnum):
    """How far a mention was rewritten before it was found, from the least: what is found sooner means the same sooner.

    ``WRITTEN``: as written, but for white space and case. ``FOLDED``: without accents, punctuation, possessive ``'s``,
    and with Greek letters in words. ``STEMMED``: plurals, Roman numerals and British spellings besides. ``SORTED``:
    without little words, in whatever order. ``ALIKE``: with words that mean about the same for one another.
    """

    WRITTEN = 0
    FOLDED = 1
    STEMMED = 2
    SORTED = 3
    ALIKE = 4


def spaced(text: str) -> str:
    r"""White space as single blanks.

    Examples:
        >>> spaced(" breast\n  cancer ")
        'breast cancer'
    """
    return " ".join(text.split())


def without_accents(text: str) -> str:
    """Letters without their accents.

    Examples:
        >>> without_accents("Sjögren, ácido fólico, niño")
        'Sjogren, acido folico, nino'
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def greek_in_words(text: str) -> str:
    """Greek letters by their English names, and Spanish names of theirs likewise, as words of their own.

    Examples:
        >>> greek_in_words("TNF-α, β2 and interferón alfa")
        'TNF- alpha ,  beta 2 and interferón alpha'
    """
    if not text.isascii():
        text = _GREEK_LETTER.sub(lambda match: f" {_GREEK[match[0]]} ", text)
    return re.sub(r"\b(?:alfa|gama|ro|fi|ji|lamda)\b", lambda match: _GREEK_SPANISH[match[0]], text)


def without_possessive(text: str) -> str:
    """Names without the English possessive.

    Examples:
        >>> without_possessive("Wilson's disease, Graves' disease")
        'Wilson disease, Graves disease'
    """
    return _POSSESSIVE.sub("", text)


def words_alone(text: str) -> str:
    """Letters and digits, punctuation as blanks; letters and digits that touch are parted.

    Examples:
        >>> words_alone("non-Hodgkin (B-cell) lymphoma, CD4+, HbA1c")
        'non Hodgkin B cell lymphoma CD 4 HbA 1 c'
    """
    return _PARTED.sub(" ", " ".join(_WORDS.findall(text)))


def numerals(text: str) -> str:
    """Roman numerals up to 29 as digits, where they are a word in small letters (``i`` and ``x`` alone stay).

    Examples:
        >>> numerals("mucopolysaccharidosis type iii, factor xii, vitamin x")
        'mucopolysaccharidosis type 3, factor 12, vitamin x'
    """
    return re.sub(r"\b[ivx]{2,5}\b|\bv\b", _arabic, text)


def _arabic(match: re.Match[str]) -> str:
    found = _ROMAN.fullmatch(match[0])
    return str(10 * len(found[1]) + _ROMAN_VALUES[found[2]]) if found else match[0]


def singular(word: str, language: str = "en") -> str:
    """A word in small letters without its plural ending, by rules that need no dictionary.

    Examples:
        >>> [singular(word) for word in ("diseases", "biopsies", "diagnosis", "viruses", "carcinomata", "metastases")]
        ['disease', 'biopsy', 'diagnosis', 'virus', 'carcinoma', 'metastasis']
        >>> [singular(word, "es") for word in ("tumores", "lesiones", "células", "crisis", "veces")]
        ['tumor', 'lesion', 'célula', 'crisis', 'vez']
    """
    if len(word) < 4 or not word.isalpha():
        return word
    if language == "es":
        return _spanish_singular(word)
    for plural, one in (("mata", "ma"), ("stases", "stasis"), ("oses", "osis"), ("lyses", "lysis"), ("uses", "us")):
        if word.endswith(plural) and len(word) > len(plural) + 1 and not word.endswith(_ORDINARY):
            return word.removesuffix(plural) + one
    if word.endswith("ies") and len(word) > 4 and not _SAME_IN_PLURAL["en"].search(word):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word if not word.endswith("s") or _SAME_IN_PLURAL["en"].search(word) else word[:-1]


def _spanish_singular(word: str) -> str:
    if word.endswith("ces"):
        return word[:-3] + "z"
    if word.endswith("es") and len(word) > 4 and word[-3] in "nlrdj":
        return word[:-2]
    return word if not word.endswith("s") or _SAME_IN_PLURAL["es"].search(word) else word[:-1]


def american(word: str) -> str:
    """A word in small letters as Americans spell it.

    Examples:
        >>> [american(word) for word in ("tumour", "haemophilia", "oedema", "leukaemia", "fibre", "paralyse", "four")]
        ['tumor', 'hemophilia', 'edema', 'leukemia', 'fiber', 'paralyze', 'four']
    """
    if len(word) > 5:
        word = word.replace("aemi", "emi").replace("paed", "ped").replace("oesoph", "esoph").replace("oestr", "estr")
        word = re.sub("our(?=$|al|less)", "or", word)
        word = re.sub("^(?:h)aem", "hem", word)
        word = re.sub("lys(e[ds]?|ing)$", r"lyz\1", word)
        word = re.sub("^oed", "ed", word)
    return {"fibre": "fiber", "titre": "titer", "centre": "center"}.get(word, word)


@lru_cache(maxsize=1 << 16)
def _stem(word: str, language: str) -> str:
    stem = singular(numerals(word), language)
    return american(stem) if language == "en" else stem


def keys(text: str, language: str = "en") -> tuple[str, str, str, str, str]:
    """The forms of a mention or name by :class:`Level`.

    Args:
        text: As written.
        language: ``en`` or ``es``: of plurals and little words.

    Raises:
        ValueError: If the language is another.

    Examples:
        >>> keys("Tumours of the Breast, Type II")  # doctest: +NORMALIZE_WHITESPACE
        ('tumours of the breast, type ii', 'tumours of the breast type ii', 'tumor of the breast type 2',
         '2 breast tumor type', '2 breast neoplasm type')
    """
    if language not in _LITTLE:
        raise ValueError(f"Expected a language out of {', '.join(_LITTLE)} but got {language!r}.")
    written = spaced(_SURROGATE.sub(" ", text)).lower()
    folded = words_alone(greek_in_words(without_accents(without_possessive(written))))
    words = folded.split()
    # A single i or x is a number only where one is to be expected: X-linked, fragile X.
    stems = [
        {"i": "1", "x": "10"}[word] if word in ("i", "x") and before in _NUMBERED else _stem(word, language)
        for before, word in zip(["", *words], words, strict=False)
    ]
    kept = [word for word in stems if word not in _LITTLE[language]]
    alike = (_ALIKE[language].get(word, word) for word in kept or stems)
    return written, folded, " ".join(stems), " ".join(sorted(set(kept or stems))), " ".join(sorted(set(alike)))
