"""A CRF over hand-made features beside word embeddings → bidirectional RNN → softmax; a linear SVM fuses both.

Paper: Wei, Chen, Xu, He & Gui, "Disease named entity recognition by combining conditional random fields and
bidirectional recurrent neural networks", Database 2016:baw140. Its two systems are trained apart, and a support vector
machine combines what they find. With p_C and p_R the probabilities of tags by CRF and RNN, and s one number for all
tags:

    x_i = ⊕_{d = -k … k} p_C[i + d] ⊕ p_R[i + d]          of a word and its neighbours; zeros beyond a window's ends
    emission_i = s (W x_i + b)                            W, b: a linear SVM of each tag against the others

Here the machine judges words and not the names that either system found, so that it can mend their borders too; it is
linear, so that it is a matrix of the checkpoint; and of the sequences of tags that the scheme allows, the one with the
greatest sum of emissions is taken. Features are those of ``feature_crf``: the paper's CRF has besides what MetaMap
finds in UMLS, and rules that correct it; chemicals are no matter of the paper's. Sizes are ours. What the paper calls a
recurrent network is read as the plain one, of tanh units.

Gradients train the RNN. Then :meth:`CrfRnnSvm.learn` trains the CRF, by CRFsuite, on the train documents, and the SVM
on the **dev** documents: of its own training documents either system is surer than it will ever be again, so they say
nothing of how far to trust it. Hence dev scores of the fused tagger are not held out; its test scores are. Until then
W picks ten times the RNN's probabilities, so that dev scores while training are the RNN's. s makes the likelihood of
the dev tags under a softmax greatest (as Platt 1999, with one slope for all tags): a span's score is its probability
under that softmax, given that the tags are legal. The SVM needs scikit-learn to be trained and nothing to be used.

Printed by the paper, BioCreative V CDR test, diseases, F1: CRF 82.88, RNN 78.27, fused 84.28. What is measured here
stands in the README's tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from zoo.crf import CRF
from zoo.crf.buffers import as_buffers
from zoo.crf.softmax import LegalPaths
from zoo.models.crfsuite import train_crf
from zoo.models.features import FeatureScores, feature_vocabulary
from zoo.models.layers import ColumnDropout, WordEmbedding, initialize_embedding
from zoo.models.tagger import Tagger
from zoo.text.batch import Batch, budget_batches, collate
from zoo.text.codec import CodecConfig, Window
from zoo.text.linguistics import load_linguistics
from zoo.text.vocab import Vocabulary

_LINGUISTICS = "rules-en"
_BATCH_WORDS = 4096
_UNSEEN = -100.0  # score of a tag that no dev word has


class CrfRnnSvm(Tagger):
    """CRF over features and bidirectional RNN over word vectors, fused by a linear SVM (Wei et al. 2016).

    Args:
        codec: Labels, tag scheme, segmentation and window.
        words: Vocabulary of normalized words, which the RNN reads.
        characters: Vocabulary of characters; this architecture reads none.
        features: Vocabulary of the attributes of words, which the CRF reads.
        normalizer: How words are rewritten before they are looked up.
        word_size: Dimensions of a word vector.
        hidden: Units of the RNN in each direction.
        dropout: Probability with which a feature of the RNN is dropped, for all words of a window at once.
        linguistics: What tells lemmas and parts of speech: ``rules-en``, ``rules-es``, or a spaCy pipeline.
        trained_with: The version of it, filled in when the tagger has learnt.
        reach: How many words on either side the CRF's features are of.
        c1: Weight of the L1 norm in training the CRF.
        c2: Weight of the squared L2 norm in training the CRF.
        iterations: The most iterations of L-BFGS.
        neighbours: How many words on either side the SVM sees.
        svm_c: What an error costs the SVM.
    """

    key = "crf_rnn_svm"
    fusion_weight: Tensor
    fusion_bias: Tensor

    def __init__(
        self,
        *,
        codec: CodecConfig,
        words: Vocabulary,
        characters: Vocabulary,
        features: Vocabulary,
        normalizer: str = "lower-digits",
        word_size: int = 200,
        hidden: int = 100,
        dropout: float = 0.3,
        linguistics: str = _LINGUISTICS,
        trained_with: str = "",
        reach: int = 2,
        c1: float = 0.1,
        c2: float = 0.1,
        iterations: int = 100,
        neighbours: int = 1,
        svm_c: float = 1.0,
    ) -> None:
        none = Vocabulary.of(())
        super().__init__(
            codec=codec, words=words, characters=none, normalizer=normalizer, others={"features": features}
        )
        tags = len(self.codec.tags)
        self.word_embedding = WordEmbedding(len(words), word_size, padding_idx=0)
        self.dropout = ColumnDropout(dropout)
        self.rnn = nn.RNN(word_size, hidden, batch_first=True, bidirectional=True)
        self.output_layer = nn.Linear(2 * hidden, tags)
        initialize_embedding(self.word_embedding)
        self.scores = FeatureScores(features, tags, linguistics, reach, descends=False)
        self.feature_crf = CRF(tags, batch_first=True, constraints=self.codec.transitions)
        as_buffers(self.feature_crf, zero=True)
        self.crf = LegalPaths(tags, self.codec.transitions)
        self.neighbours = neighbours
        own = torch.zeros(tags, 2 * neighbours + 1, 2, tags)
        own[:, neighbours, 1] = 10 * torch.eye(tags)
        self.register_buffer("fusion_weight", own.flatten(1))  # (T, D · 2T)
        self.register_buffer("fusion_bias", torch.zeros(tags))

    @classmethod
    def parts_from(
        cls, windows: Sequence[Window], resources: Mapping[str, Any], model: Mapping[str, Any], codec: CodecConfig
    ) -> dict[str, Vocabulary]:
        """The attributes of all training words; :meth:`learn` drops those without weight."""
        return {"features": feature_vocabulary(windows, model.get("linguistics", _LINGUISTICS))}

    def furnish(self, resources: Mapping[str, Any]) -> None:
        """Takes over nothing, but says before any epoch what would be missing after the last.

        Raises:
            ModuleNotFoundError: If scikit-learn is not installed.
        """
        try:
            import sklearn  # noqa: F401
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"Architecture {self.key!r} needs scikit-learn to be trained; pip install 'bioner-zoo[svm]'."
            ) from error

    def prepare(self, windows: Sequence[Window]) -> Sequence[Window]:
        """Adds the rows of every word's attributes."""
        return self.scores.read(windows, self.hparams["trained_with"])

    def encode(self, batch: Batch) -> Tensor:
        """Scores every tag at every word.

        Args:
            batch: Words (B, W), mask (B, W), layer ``features`` (B, W + 2k, 9).

        Returns:
            Emissions, shape (B, W, T).
        """
        return functional.linear(self._opinions(batch), self.fusion_weight, self.fusion_bias)

    def loss(self, batch: Batch) -> Tensor:
        """The RNN's cross-entropy of the gold tags, a mean over words (a scalar)."""
        return functional.cross_entropy(self._recur(batch)[batch.mask], self._gold(batch)[batch.mask])

    def _recur(self, batch: Batch) -> Tensor:
        """The RNN's emissions, shape (B, W, T)."""
        features = self.dropout(self.word_embedding(batch.words, batch.composed))  # (B, W) -> (B, W, E)
        lengths = batch.mask.sum(1).cpu()
        packed = pack_padded_sequence(features, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True, total_length=batch.mask.shape[1])
        return self.output_layer(self.dropout(states))  # (B, W, 2H) -> (B, W, T)

    def _opinions(self, batch: Batch) -> Tensor:
        """What the SVM sees: probabilities by both systems of a word's and its neighbours' tags, (B, W, D · 2T)."""
        by_crf = self.feature_crf.marginals(self.scores(batch), batch.mask)
        by_rnn = self._recur(batch).softmax(2)
        both = torch.cat([by_crf, by_rnn], dim=2) * batch.mask[..., None]  # (B, W, 2T)
        padded = functional.pad(both, (0, 0, self.neighbours, self.neighbours))
        width = both.shape[1]
        return torch.cat([padded[:, d : d + width] for d in range(2 * self.neighbours + 1)], dim=2)

    @torch.no_grad()
    def learn(self, train: Sequence[Window], dev: Sequence[Window], seed: int, *, progress: bool = True) -> None:
        """Trains the CRF on the train documents, then the SVM on what both systems say of the dev documents."""
        settings = {name: self.hparams[name] for name in ("c1", "c2", "iterations")}
        learnt = train_crf(train, self.scores, **settings, progress=progress)
        self.scores.take(learnt.features, learnt.bias)
        self.feature_crf.transitions.copy_(learnt.transitions)
        opinions, tags = self._judged(dev)
        weight, bias = fit_svm(opinions, tags, len(self.codec.tags), self.hparams["svm_c"], seed)
        self.fusion_weight.copy_(weight)
        self.fusion_bias.copy_(bias)
        self.vocabularies["features"] = self.scores.prune()
        self.hparams["trained_with"] = load_linguistics(self.hparams["linguistics"]).describe()

    @torch.no_grad()
    def _judged(self, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        """What the SVM sees of N words (N, D · 2T), and their gold tags (N)."""
        self.eval()
        opinions, tags = [], []
        for indices in budget_batches([len(window.forms) for window in windows], _BATCH_WORDS):
            batch = collate([windows[index] for index in indices], self.lookup).to(self.device)
            opinions.append(self._opinions(batch)[batch.mask].cpu())
            tags.append(self._gold(batch)[batch.mask].cpu())
        return torch.cat(opinions), torch.cat(tags)


def fit_svm(opinions: Tensor, tags: Tensor, count: int, cost: float, seed: int) -> tuple[Tensor, Tensor]:
    """A linear SVM of each tag against the others, its values scaled so that their softmax fits the tags.

    Args:
        opinions: What it sees of N words, shape (N, F).
        tags: Their tags, shape (N).
        count: Number of tags T.
        cost: Of an error.
        seed: Of the solver.

    Returns:
        Weights (T, F) and biases (T); a tag that no word has gets a bias of -100.

    Raises:
        ValueError: If all words have the same tag.
    """
    from scipy.optimize import minimize_scalar
    from sklearn.svm import LinearSVC

    if len(tags.unique()) < 2:
        raise ValueError("Expected dev documents with entities, which the SVM learns from, but got none.")
    machine = LinearSVC(C=cost, dual=False, random_state=seed).fit(opinions.numpy(), tags.numpy())
    found = torch.from_numpy(np.column_stack([machine.coef_, machine.intercept_]))  # (T, F + 1), or of two tags (1, …)
    if len(machine.classes_) == 2:
        found = torch.cat([-found, found])
    present = torch.from_numpy(machine.classes_)
    values = functional.linear(opinions.double(), found[:, :-1], found[:, -1])  # (N, tags present)
    gold = torch.searchsorted(present, tags)

    def loss(exponent: float) -> float:
        return float(functional.cross_entropy(values * 10**exponent, gold))

    slope = 10 ** minimize_scalar(loss, bounds=(-3, 3), method="bounded").x
    weight, bias = torch.zeros(count, opinions.shape[1]), torch.full((count,), _UNSEEN)
    weight[present], bias[present] = (found[:, :-1] * slope).float(), (found[:, -1] * slope).float()
    return weight, bias
