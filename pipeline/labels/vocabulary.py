"""Phrases that several rule tables share. Data only."""

from pipeline.labels.rules import phrases

NOT_DONE = phrases("""
    not / no / never / nor / neither / without / failed / failing / failure / failures / did nothing /
    lack of / not enough / fault in / at fault / with fault / some fault
""")
COMPLAINT = phrases("complaint / complaints / grievance")
