"""Parts of speech and lemmas of English words by rule: ``rules-en``.

Words of the closed classes are listed; the others are told by what they are written with, by their endings, and by the
part of speech of the word before. That is a guess, good enough as a feature of a tagger that learns what to make of it,
and no substitute for a trained pipeline: it knows no verb but the commonest, and sees nothing of what follows.

A checkpoint that names these rules was trained with what they say: a better rule is another name, never an edit here.
"""

import re

from zoo.text.word_rules import class_by_ending, class_without_letters, is_name_like, listed

_CLASSES = listed(
    {
        "DET": "a an the this these those some any no every each either neither both all another such which whose what",
        "ADP": "of in for with by on at from into onto among amongst between during through throughout within "
        "without against across along after before behind below beneath beside besides beyond above about around "
        "toward towards under underneath upon via per despite until till off over out up down near like unlike "
        "versus vs except concerning regarding amid inside outside as",
        "PRON": "i you he she it we they me him her us them my your his its our their mine yours hers ours theirs "
        "who whom myself yourself himself herself itself ourselves themselves there something anything nothing "
        "everything someone anyone everyone nobody none others",
        "AUX": "am is are was were be been being has have had having do does did can could may might must shall "
        "should will would cannot",
        "CCONJ": "and or but nor plus",
        "SCONJ": "that if whether because since although though while whereas unless once when where lest",
        "PART": "to not n't",
        "ADV": "also however therefore thus hence moreover furthermore very more most less least only just even "
        "still then now here often never always sometimes well rather quite almost too again already soon how why "
        "further together perhaps instead otherwise nevertheless meanwhile overall ever yet so later thereby therein",
        "NUM": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand "
        "million billion ii iii iv vi vii viii ix xi xii",
        "ADJ": "many few several other same different new old high low large small big good bad early late long "
        "short first second third fourth last next own major minor severe mild rare common young likely due able "
        "great normal human free wild acute left right main whole true false single double dead novel present "
        "complete premature higher lower greater larger smaller older younger non pre post anti related unrelated",
        "NOUN": "patient patients agent agents parent parents event events extent history year years variant "
        "variants mutant mutants signal interval intervals individual individuals total male males female females "
        "family assembly anomaly summary library result results screening binding sequencing splicing mapping "
        "finding findings mouse chromosome offspring cause causes hospital trial trials factor factors animal "
        "animals rate rates disease diseases study studies role site sites stage week weeks month months day days "
        "liver cancer fever",
        "VERB": "show shows showed shown find finds found suggest suggests report reports make makes made use uses "
        "used using include includes see seen saw give gives gave given take takes took taken become became lead "
        "leads led develop occur occurs remain remains appear appears seem seems contain contains provide provides "
        "require requires reveal reveals represent represents identify let get got go goes went gone come came know "
        "knew known think thought say said begin began begun arise arises arose undergo underwent undergone bear "
        "bore borne encode encodes demonstrate describe explain conclude support supports assess contribute "
        "contributes account accounts",
    }
)
_ENDINGS = listed(
    {
        "ADV": "ly wards wise",
        "VERB": "ize ise ify ized ised ified izing ising ifying izes ises ifies ates ed ing",
        "ADJ": "al ic ac ous ive able ible ary ory oid ful less ish ar ant ent ile ese ean tory lytic",
        "NOUN": "tion tions sion sions ment ments ness ity ety ism ist logy osis itis emia aemia oma omas pathy ance "
        "ence ancy ency ase graphy ectomy tomy ship hood cyte gen dom age ure ysis asis algia uria trophy arrest "
        "chest",
    }
)
_LEMMAS = listed(
    {
        "be": "am is are was were been being",
        "have": "has had having",
        "do": "does did done doing",
        "can": "cannot",
        "a": "an",
        "this": "these",
        "that": "those",
        "he": "him",
        "she": "her",
        "they": "them",
        "we": "us",
        "i": "me",
        "not": "n't",
        "show": "showed shown",
        "find": "found",
        "make": "made making",
        "see": "saw seen",
        "give": "gave given giving",
        "take": "took taken taking",
        "become": "became",
        "lead": "led",
        "go": "went gone goes",
        "get": "got gotten",
        "come": "came coming",
        "know": "knew known",
        "think": "thought",
        "say": "said",
        "begin": "began begun",
        "arise": "arose arisen",
        "undergo": "underwent undergone",
        "bear": "bore borne",
        "use": "used using uses",
        "change": "changed changing",
        "range": "ranged ranging",
        "man": "men",
        "woman": "women",
        "child": "children",
        "foot": "feet",
        "tooth": "teeth",
        "mouse": "mice",
        "criterion": "criteria",
        "phenomenon": "phenomena",
        "bacterium": "bacteria",
        "locus": "loci",
        "focus": "foci",
        "nucleus": "nuclei",
        "vertebra": "vertebrae",
        "index": "indices",
        "appendix": "appendices",
        "species": "species",
        "series": "series",
        "diabetes": "diabetes",
        "herpes": "herpes",
        "lens": "lens",
        "means": "means",
    }
)
_ORDINAL = re.compile(r"\d+(?:th|st|nd|rd)")
_SIS = re.compile(r"(?:aly|gno|the|cri|sta|cho|io|sclero|steno|thrombo|necro)ses$")  # analyses, metastases
_USES = re.compile(r"(?:vir|sin|fet|foet|thromb|embol|uter|meat)uses$")
_LOST_E = re.compile(  # ends of stems that lost an e before -ed and -ing: reduc, indicat, enabl
    r"(?:[^aeou]at|[cvzu]|[^s]s|[^aeioul]l|[aiu]r|[adlr]g|[aeiou][bmdk]|[aiu]n|[aiou]p|[^o]ot|ibut|iz|yz)$"
)
_WHOLE = re.compile(r"(?:elop|ain|oin|air|ear|our|oad|ead|eed|eak|ood)$")


def read_word(form: str, before: str) -> tuple[str, str]:
    """Lemma and UPOS tag of a word, from how it is written and the tag of the word before.

    Args:
        form: The word as written.
        before: UPOS tag of the word before, empty at the beginning of a sentence.

    Examples:
        >>> read_word("diseases", "ADJ"), read_word("reduced", "AUX"), read_word("Lynch", "ADP")
        (('disease', 'NOUN'), ('reduce', 'VERB'), ('Lynch', 'PROPN'))
    """
    word = form.lower()
    pos = class_without_letters(form) or _part_of_speech(form, word, before)
    return _lemma(form, word, pos), pos


def _part_of_speech(form: str, word: str, before: str) -> str:
    if _ORDINAL.fullmatch(word):
        return "ADJ"
    if word in _CLASSES and (form == word or before in ("", "PUNCT")):
        return _beside(word, before)
    if is_name_like(form):
        return "NOUN"
    if form != word and before:
        return "ADJ" if word.endswith(("ese", "ish", "ean")) else "PROPN"
    if before == "PART" and not word.endswith(("s", "tion", "ity", "ness", "ogy")):
        return "VERB"  # to inhibit
    pos = class_by_ending(word, _ENDINGS, otherwise="NOUN")
    return "NOUN" if word.endswith("ing") and before in ("DET", "ADJ") else pos


def _beside(word: str, before: str) -> str:
    """A listed word, which may belong to another class beside this neighbour."""
    if word == "that" and before in ("NOUN", "PROPN"):
        return "PRON"
    if word == "which":
        return "PRON"
    if (
        _CLASSES[word] == "VERB"
        and before in ("DET", "ADJ")
        and word in ("use", "uses", "support", "report", "reports")
    ):
        return "NOUN"
    return _CLASSES[word]


def _lemma(form: str, word: str, pos: str) -> str:
    if pos == "PROPN":
        return form
    if word in _LEMMAS:
        return _LEMMAS[word]
    if pos == "NOUN":
        return _singular(form if is_name_like(form) else word)
    return _infinitive(word) if pos == "VERB" else word


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "ics")):
        return word
    if _SIS.search(word):
        return word[:-2] + "is"
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if _USES.search(word) or word.endswith(("sses", "xes", "ches", "shes", "zzes")) else word[:-1]


def _infinitive(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s"):
        return _singular(word)
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and any(letter in "aeiouy" for letter in stem):
            return _whole_stem(stem)
    return word


def _whole_stem(stem: str) -> str:
    """What was before -ed or -ing: ``inhibit``, ``stop`` of ``stopp``, ``reduce`` of ``reduc``."""
    if stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    return stem + "e" if _LOST_E.search(stem) and not _WHOLE.search(stem) else stem
