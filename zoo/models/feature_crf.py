"""Hand-made features of a word and its neighbours → linear-chain CRF.

Paper: Segura-Bedmar, Camino-Perdones & Guerrero-Aspizua, "Exploring deep learning methods for recognizing rare diseases
and their clinical manifestations from texts", BMC Bioinformatics 23:263 (2022), section "Conditional random fields
(CRF)": its baseline, trained with CRFsuite.

The paper's are the features — the word in lower case, its last two and three letters, whether it is in capitals,
capitalized or a number, its part of speech and the first two letters of that, and its lemma, of the word and of two
words on either side — and L-BFGS with c1 = c2 = 0.1 for at most 100 iterations, on the train and dev documents. Lemmas
and parts of speech are spaCy's there; here they are whatever ``linguistics`` names. ``rules-en`` and ``rules-es`` are
there wherever the zoo is, and worse; a checkpoint trained with a pipeline needs that pipeline to tag.

Left open by the paper, and chosen here: what stands beyond the ends of a sentence (one attribute on either side), a
weight for each tag by itself, and weights for all moves between tags, those too that no gold path makes. Changed here:
the CRF that tags allows only the moves of the tag scheme, where CRFsuite makes the others improbable. So its
probabilities are CRFsuite's given that the tags are legal.

Weights are learnt by CRFsuite and then are tensors: whoever tags needs no CRFsuite, and nothing is unpickled. The seed
changes nothing. It could be trained by gradients as well, without the L1 norm that makes most weights zero.

Printed by the paper, RareDis test, micro F1 of seqeval: 64.87. What is measured here stands in the README's tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from zoo.crf import CRF
from zoo.models.crfsuite import train_crf
from zoo.models.features import FeatureScores, feature_vocabulary
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import load_linguistics
from zoo.text.vocab import Vocabulary

_LINGUISTICS = "rules-en"


class FeatureCrf(Tagger):
    """Linear-chain CRF over words, endings, shapes, parts of speech and lemmas (Segura-Bedmar et al. 2022).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of words; this architecture reads none, and keeps none.
        characters: Vocabulary of characters; as of words.
        features: Vocabulary of the attributes of words.
        normalizer: Of the vocabulary of words.
        linguistics: What tells lemmas and parts of speech: ``rules-en``, ``rules-es``, or a spaCy pipeline.
        trained_with: The version of it, filled in when the tagger has learnt.
        reach: How many words on either side are read.
        c1: Weight of the L1 norm in training.
        c2: Weight of the squared L2 norm in training.
        iterations: The most iterations of L-BFGS.
    """

    key = "feature_crf"
    descends = False

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        features: Vocabulary,
        normalizer: str = "lower",
        linguistics: str = _LINGUISTICS,
        trained_with: str = "",
        reach: int = 2,
        c1: float = 0.1,
        c2: float = 0.1,
        iterations: int = 100,
    ) -> None:
        none = Vocabulary.of(())
        super().__init__(codec=codec, words=none, characters=none, normalizer=normalizer, others={"features": features})
        tags = len(self.codec.tags)
        self.scores = FeatureScores(features, tags, linguistics, reach)
        self.crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The attributes of all training words; :meth:`learn` drops those without weight."""
        return {"features": feature_vocabulary(windows, model.get("linguistics", _LINGUISTICS))}

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the rows of every word's attributes."""
        return self.scores.read(windows, self.hparams["trained_with"])

    def learn(self, train: Sequence[Window], dev: Sequence[Window], seed: int, *, progress: bool = True) -> None:
        """Trains the CRF with CRFsuite; dev and seed change nothing."""
        settings = {name: self.hparams[name] for name in ("c1", "c2", "iterations")}
        learnt = train_crf(train, self.scores, **settings, progress=progress)
        self.scores.take(learnt.features, learnt.bias)
        with torch.no_grad():
            self.crf.transitions.copy_(learnt.transitions)
            for parameter in (self.crf.start_transitions, self.crf.end_transitions):
                nn.init.zeros_(parameter)  # what comes first and last is told by attributes
        self.vocabularies["features"] = self.scores.prune()
        self.hparams["trained_with"] = load_linguistics(self.hparams["linguistics"]).describe()

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Its layer ``features`` (B, W + 2k, 9).

        Returns:
            Emissions, shape (B, W, T).
        """
        return self.scores(batch)
