"""Every architecture by its key: a literal table, nothing registers itself."""

from fnmatch import fnmatchcase

from zoo.data.nearest import did_you_mean
from zoo.models.bert import Bert
from zoo.models.bilstm import BiLstm
from zoo.models.char_attention_blstm_crf import CharAttentionBlstmCrf
from zoo.models.char_bilstm_crf import CharBiLstmCrf
from zoo.models.char_cnn_bilstm_crf import CharCnnBiLstmCrf
from zoo.models.cnn_mls import CnnMls
from zoo.models.contextual_string_bilstm_crf import ContextualStringBilstmCrf
from zoo.models.crf_rnn_svm import CrfRnnSvm
from zoo.models.dictionary_regex import DictionaryRegex
from zoo.models.extended_neuroner import ExtendedNeuroNER
from zoo.models.feature_crf import FeatureCrf
from zoo.models.lexicon_bilstm_crf import LexiconBilstmCrf
from zoo.models.tagger import Tagger

ARCHITECTURES: dict[str, type[Tagger]] = {
    "bert": Bert,
    "bilstm": BiLstm,
    "char_attention_blstm_crf": CharAttentionBlstmCrf,
    "char_bilstm_crf": CharBiLstmCrf,
    "char_cnn_bilstm_crf": CharCnnBiLstmCrf,
    "cnn_mls": CnnMls,
    "contextual_string_bilstm_crf": ContextualStringBilstmCrf,
    "crf_rnn_svm": CrfRnnSvm,
    "dictionary_regex": DictionaryRegex,
    "extended_neuroner": ExtendedNeuroNER,
    "feature_crf": FeatureCrf,
    "lexicon_bilstm_crf": LexiconBilstmCrf,
}


def list_architectures(pattern: str = "*") -> list[str]:
    """Keys of the architectures.

    Args:
        pattern: Shell wildcards.

    Examples:
        >>> list_architectures("char_c*")
        ['char_cnn_bilstm_crf']
    """
    return [key for key in ARCHITECTURES if fnmatchcase(key, pattern)]


def architecture_named(key: str) -> type[Tagger]:
    """The class of an architecture.

    Raises:
        KeyError: If there is none of that key; the message lists all and names the nearest.
    """
    if key not in ARCHITECTURES:
        hint = did_you_mean(key, ARCHITECTURES)
        raise KeyError(f"Expected an architecture out of {', '.join(ARCHITECTURES)} but got {key!r}.{hint}")
    return ARCHITECTURES[key]
