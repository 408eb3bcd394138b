"""Every architecture by its key: a literal table, nothing registers itself."""

from zoo.data.nearest import did_you_mean
from zoo.models.bilstm import BiLstm
from zoo.models.char_attention_blstm_crf import CharAttentionBlstmCrf
from zoo.models.char_bilstm_crf import CharBiLstmCrf
from zoo.models.char_cnn_bilstm_crf import CharCnnBiLstmCrf
from zoo.models.tagger import Tagger

ARCHITECTURES: dict[str, type[Tagger]] = {
    "bilstm": BiLstm,
    "char_attention_blstm_crf": CharAttentionBlstmCrf,
    "char_bilstm_crf": CharBiLstmCrf,
    "char_cnn_bilstm_crf": CharCnnBiLstmCrf,
}


def architecture_named(key: str) -> type[Tagger]:
    """The class of an architecture.

    Raises:
        KeyError: If there is none of that key; the message lists all and names the nearest.
    """
    if key not in ARCHITECTURES:
        hint = did_you_mean(key, ARCHITECTURES)
        raise KeyError(f"Expected an architecture out of {', '.join(ARCHITECTURES)} but got {key!r}.{hint}")
    return ARCHITECTURES[key]
