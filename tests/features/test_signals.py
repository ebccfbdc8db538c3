import pytest

from pipeline.features.lexicon import ideas, signals
from pipeline.features.signals import as_doc, ideas_in, signals_in
from pipeline.features.stems import stems


@pytest.mark.parametrize("signal", signals(), ids=lambda signal: signal.name)
def test_a_signal_fires_on_its_example_and_not_on_its_counterexample(signal):
    assert signal.name in signals_in(as_doc(stems(signal.fires)))
    assert signal.name not in signals_in(as_doc(stems(signal.silent)))


@pytest.mark.parametrize("signal", signals(), ids=lambda signal: signal.name)
def test_every_phrase_of_a_signal_fires_it(signal):
    missed = [p for p in signal.phrases if signal.name not in signals_in(as_doc(stems(p.replace("£", "£5"))))]
    assert not missed


def test_signals_have_different_names_and_meanings():
    assert len({signal.name for signal in signals()}) == len(signals())
    assert len({signal.meaning for signal in signals()}) == len(signals())


@pytest.mark.parametrize(
    ("one", "other"), [("It turned down her plea", "It declined her plea"), ("her son", "his daughter")]
)
def test_synonyms_are_one_idea(one, other):
    assert ideas_in(as_doc(stems(one))) == ideas_in(as_doc(stems(other)))


def test_the_longest_phrase_counts():
    assert ideas_in(as_doc(stems("It did not inform her"))) == ["#unaware"]
    assert ideas_in(as_doc(stems("It did inform her"))) == ["#inform"]


def test_no_phrase_is_an_idea_by_its_negation_alone():
    assert ("not",) not in ideas()


def test_an_empty_text_shows_nothing():
    assert signals_in(as_doc([])) == set()
    assert ideas_in(as_doc([])) == []
