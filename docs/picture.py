"""The latest bundle and an invented complaint in, docs/reasons.svg out: the picture in the README."""

from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from pipeline import load
from pipeline.corpus import sample_complaints
from pipeline.evaluate.reason_bars import reason_bars

with ExitStack() as stack:
    complaints = pd.read_csv(sample_complaints(stack)).set_index("id")
scored = load("latest").predict(complaints.loc[["S3"]], explain=8)
picture = reason_bars(scored.reasons.iloc[0])
Path(__file__).with_name("reasons.svg").write_text(picture.svg, encoding="utf-8")
