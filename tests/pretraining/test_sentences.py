from zoo.pretraining.sentences import Sentences, counted
from zoo.text.linguistics import Reading


class Upper:
    """Says what it was given, some sentences late, as pipelines do."""

    def __init__(self):
        self.most_ahead = 0

    def __call__(self, sentences):
        kept = list(sentences)
        for sentence in kept:
            yield [Reading(form.lower(), "UP" if form.isupper() else "X") for form in sentence]

    def describe(self):
        return "upper"


def test_words_are_normalized():
    sentences = Sentences("v1", "lower-digits")
    assert list(sentences(["Gout is 37. A 2nd", "one"])) == [["gout", "is", "00", "."], ["a", "0nd"], ["one"]]


def test_senses_are_told_of_the_words_as_written():
    sentences = Sentences("v1", "lower-digits", Upper())
    assert list(sentences(["HIV is. B|2", ""])) == [["hiv|UP", "is|X", ".|X"], ["b|UP", "||X", "0|X"]]


def test_reading_stops_after_the_sentence_that_reaches_the_most():
    texts = (each for each in ["one two. Three four.", "five"])
    assert list(Sentences("v1", "none")(texts, most=4)) == [["one", "two", "."], ["Three", "four", "."]]
    assert list(texts) == ["five"]
    assert list(Sentences("v1", "none", Upper())(["a b c. D e."], most=1)) == [["a|X", "b|X", "c|X", ".|X"]]


def test_words_are_told_in_steps():
    told = []
    assert len(list(counted([["a"] * 3] * 10, told.append, 7))) == 10
    assert told == [9, 18, 27]
