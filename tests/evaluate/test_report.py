import re

import pytest

from pipeline.evaluate.evaluation import Evaluation
from pipeline.evaluate.report import to_html
from pipeline.evaluate.summary import metrics_of
from pipeline.evaluate.wording import five_sentences

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> str:
    return to_html(evaluation)


def test_the_page_opens_with_the_five_sentences(page, evaluation):
    opening = re.search(r'<ol class="opening">(.*?)</ol>', page, re.DOTALL)[1]
    assert re.findall(r"<li>(.*?)</li>", opening) == five_sentences(evaluation)
    assert len(five_sentences(evaluation)) == 5


def test_the_page_needs_no_network_and_no_script(page):
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)


def test_every_picture_has_words_for_those_who_do_not_see_it(page):
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == page.count("<img") == 9
    assert all(len(alt) > 40 for alt in alts)


def test_texts_are_shown_only_when_asked_for_and_escaped(page, evaluation):
    first = evaluation.headline.scored.cases.decisions
    worst = [d for d in first if d.reference in page]
    assert worst
    assert not any(decision.complaint[:50] in page for decision in worst)
    nasty = [d.model_copy(update={"complaint": "<script>alert(1)</script>"}) for d in first]
    object.__setattr__(evaluation.headline.scored.cases, "decisions", nasty)
    shown = to_html(evaluation, show_texts=True)
    object.__setattr__(evaluation.headline.scored.cases, "decisions", first)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script" not in shown


def test_the_page_and_the_metrics_show_the_same_numbers(page, evaluation):
    own = metrics_of(evaluation)["splits"]["time"]["outcome"]["upheld"]["matched_auc"]
    assert f"{own['value']:.3f} <small>[{own['low']:.3f}, {own['high']:.3f}]</small>" in page


def test_the_same_evaluation_draws_the_same_page(page, evaluation):
    assert to_html(evaluation) == page
