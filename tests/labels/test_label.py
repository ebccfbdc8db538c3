from pipeline.labels import Labeller
from pipeline.labels.label import label


def test_label_gives_what_a_labeller_gives(decision):
    assert label(decision) == Labeller().label(decision)
