import pytest

from pipeline.features.terms import shown_terms
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.schema import View

TEXT = "The tribunal turned her down. She paid £1,200, and did not appeal again to any tribunal."


@pytest.mark.parametrize(
    ("term", "name", "words"),
    [
        (("term", "tribun"), "'tribunal'", ("tribunal",)),
        (("term", "#refuse"), "'turned down' (refuse)", ("turned down",)),
        (("term", "tribun #refuse"), "'tribunal' + 'turned down' (refuse)", ("tribunal", "turned down")),
        (("signal", "names_tribunal"), "names a tribunal", ("tribunal",)),
        (("signal", "sum_named"), "names a sum of money", ("£",)),
    ],
)
def test_a_term_is_named_by_the_words_that_show_it(term, name, words):
    text = TEXT.replace("turned her down", "turned down")
    assert shown_terms(text, [term]) == [(name, words)]


def test_words_and_ideas_of_one_spelling_are_one_term_in_every_topic_and_letters_none():
    views = [View("The bin crew missed the bin.", category="Waste")] * 20
    features = ComplaintFeatures().fit(views)
    terms = features.terms()
    columns = features.get_feature_names_out()
    of_bin = {
        terms.of_column[i] for i, name in enumerate(columns) if "'bin'" in name and "letters" not in name
    }
    assert sum("'bin'" in name for name in columns) > len(of_bin) == 1
    assert {terms.of_column[i] for i, name in enumerate(columns) if name.startswith("letters")} == {-1}
