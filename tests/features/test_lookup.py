import random

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.features.lookup import tfidf_matrix

WORDS = "a bin bins binn collect collection housing 12 345 zz neighbour appeal appeals".split()


def _texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(0, 30))) for _ in range(count)]


@pytest.mark.parametrize(
    "options",
    [
        {"token_pattern": r"\S+", "ngram_range": (1, 1)},
        {"token_pattern": r"\S+", "ngram_range": (1, 2)},
        {"token_pattern": r"\S+", "ngram_range": (2, 3)},
        {"analyzer": "char_wb", "ngram_range": (3, 4)},
        {"analyzer": "char_wb", "ngram_range": (1, 5)},
        {"analyzer": "char_wb", "ngram_range": (6, 7)},
    ],
)
def test_the_matrix_is_bit_for_bit_that_of_the_vectoriser(options):
    vectoriser = TfidfVectorizer(binary=True, lowercase=False, min_df=2, **options).fit(_texts(200, seed=1))
    texts = [*_texts(300, seed=2), "", "nothing known", "bin" * 9]
    found, wanted = tfidf_matrix(vectoriser, [text.split() for text in texts]), vectoriser.transform(texts)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
    assert found.shape == wanted.shape


def test_two_vectorisers_keep_apart_what_they_remember():
    one, two = (
        TfidfVectorizer(binary=True, lowercase=False, analyzer="char_wb", ngram_range=(3, 3)).fit(texts)
        for texts in (["bins appeal"], ["appeal bins housing"])
    )
    for vectoriser in (one, two, one):
        found, wanted = tfidf_matrix(vectoriser, [["bins"]]), vectoriser.transform(["bins"])
        np.testing.assert_array_equal(found.toarray(), wanted.toarray())
