"""Rules for closing a case because an investigation is not worth it (LGA 1974 s24A). Data only."""

from pipeline.labels.rules import Rule, phrases
from pipeline.schema import Ground

NEGATION = phrases("""
    not / no / nor / neither / cannot / never / without / none / nothing / unlikely / hardly / probably /
    improbable / lack / lacking / insufficient / insufficiently / little / small / slight / minor / too /
    not enough
""")
LACKING = phrases("""
    insufficient / insufficiently / inadequate / not / no / nor / neither / nothing / none / without /
    little / scant / slight / too (little|few|slight|weak|thin|small|limited|scant) / lack / lacks /
    lacking / want of / absence of / (falling|falls) short / need to be more
""")
UNLIKELY = phrases("""
    unlikely / not likely / (probably|likely) not / not (probably|expect|expected) / improbable / doubtful /
    doubt / hardly / probably (find |see |uncover |discover |identify |be |)no /
    (little|no) (chance|prospect|likelihood)
""")
EVIDENCE = phrases("""
    evidence / evidenced / sign / signs / indication / indications / grounds / show / shows / shown /
    suggest / suggests / suggesting / indicate / indicates / point / points / seen / see / sees
""")
FAULT = phrases("fault / faults / faulty / maladministration")
INJUSTICE = phrases("injustice / injustices")
OUTCOME = phrases("""
    outcome / outcomes / result / results / resolution / conclusion / finding / findings / remedy /
    what (he|she|they) (wants|want|seeks|seek|asks|would like|is seeking|is asking for) /
    what (mr|mrs|miss|ms|the) (x|y|b|q|c|complainant|complainants) (wants|want|seeks|would like|is after)
""")

DISCRETION_RULES: tuple[Rule, ...] = (
    Rule(
        name="evidence of fault is lacking",
        ground=Ground.NO_FAULT,
        groups=(FAULT, LACKING, EVIDENCE),
        within=12,
        unless=phrases("alleged fault / fault alleged / alleges / claims / caused / causing"),
        match="There is not enough evidence of fault to justify investigating.",
        miss="There is evidence of fault.",
    ),
    Rule(
        name="evidence of fault that caused injustice is lacking",
        ground=Ground.NO_FAULT,
        groups=(
            phrases("evidence of fault"),
            LACKING,
            phrases("causing / leading / that led / (which|that) caused"),
        ),
        within=12,
        match="Evidence of fault causing enough injustice is insufficient.",
        miss="There is evidence of fault causing injustice.",
    ),
    Rule(
        name="fault is unlikely to be found",
        ground=Ground.NO_FAULT,
        groups=(FAULT, UNLIKELY),
        within=12,
        unless=phrases("alleged / alleges"),
        match="It is unlikely we would find fault with the Council.",
        miss="The alleged fault is unlikely to have made a difference.",
    ),
    Rule(
        name="no fault in what was done",
        ground=Ground.NO_FAULT,
        groups=(
            phrases("""
                no (sign of |suggestion of |evidence of |clear |other |)fault (in|by|with|on) /
                without fault / not (been |)at fault / free (of|from) fault / acted properly /
                not find (any |)fault / (find|sees|see) no fault / (finding|find) fault / finding of fault /
                grounds for looking into
            """),
        ),
        match="The Ombudsman sees no fault in how notice was given.",
        miss="No fault there may be caused injustice.",
    ),
    Rule(
        name="injustice is not enough",
        ground=Ground.NO_INJUSTICE,
        groups=(INJUSTICE, NEGATION),
        within=12,
        unless=phrases("we cannot judge"),
        match="There is not enough injustice to warrant an investigation.",
        miss="The Council caused significant injustice.",
    ),
    Rule(
        name="the matter is not significant enough",
        ground=Ground.NO_INJUSTICE,
        groups=(
            phrases("""
                significant / significance / serious enough / insignificant /
                made a difference to its decision
            """),
            phrases("""
                loss / harm / distress / matter / impact / affected / delay / difference / inconvenience /
                disadvantage / period / consequences
            """),
            NEGATION,
        ),
        within=12,
        unless=phrases("add / added / find fault / achieved"),
        match="One month of delay is not a significant enough matter to warrant it.",
        miss="The distress was significant.",
    ),
    Rule(
        name="no fault that led to injustice",
        ground=Ground.NO_INJUSTICE,
        groups=(
            INJUSTICE,
            FAULT,
            phrases("too little / insufficient / unlikely / no evidence / nothing / not"),
        ),
        within=16,
        match="It is unlikely that fault by the Council, great or small, led her to injustice.",
        miss="The fault caused injustice.",
    ),
    Rule(
        name="nothing to add",
        ground=Ground.NOTHING_TO_ADD,
        groups=(
            phrases("add / added to / adding / adds / added by us"),
            phrases("""
                not / nothing / little / unlikely / no / hardly / neither / anything / could / more / much /
                cannot
            """),
        ),
        match="It is unlikely we could add to the Council's replies.",
        miss="The Council will add her to the register.",
    ),
    Rule(
        name="looked into before",
        ground=Ground.NOTHING_TO_ADD,
        groups=(
            phrases("""
                considered by us before /
                we (have |)(already|previously) (considered|investigated|looked|dealt|decided) /
                we considered in / earlier (complaint|investigation|decision) (of ours|to us|by us) /
                the ombudsman has (already|previously) / already (considered|investigated) by us /
                previous (complaint|investigation) (to|by) us / the same complaint / new to /
                doing the work again / (achieve|obtain) anything beyond the council /
                could not achieve (more|anything) beyond
            """),
        ),
        match="One part has been considered by us before.",
        miss="We considered the complaint.",
    ),
    Rule(
        name="no other outcome",
        ground=Ground.NO_BETTER_OUTCOME,
        groups=(
            OUTCOME,
            phrases("""
                different / other / another / worthwhile / meaningful / useful / better / wanted / wants /
                seeks / achieve / achieved / secure / obtain / bring about / brought about / reach / within /
                alter / change / changed / sought / looking for / affect / deliver / provide / beyond /
                open to us / further / more / same / differ / differs / yield / lead to / is seeking /
                desired / give / given
            """),
            (*NEGATION, *phrases("beyond / same / improbable")),
        ),
        within=12,
        unless=FAULT,
        match="Investigation would not lead to a different outcome.",
        miss="It is unlikely we would find fault that changed the outcome.",
    ),
    Rule(
        name="neither fault nor another outcome",
        ground=Ground.NO_BETTER_OUTCOME,
        groups=(
            phrases("outcome / outcomes / result / end"),
            phrases("another / different / differs / other / worthwhile / wants / change / alter"),
            (*NEGATION, *phrases("or / improbable / would")),
        ),
        within=6,
        match="We would probably not find fault or reach another result.",
        miss="The outcome was fair.",
    ),
    Rule(
        name="nothing worthwhile would come of it",
        ground=Ground.NO_BETTER_OUTCOME,
        groups=(
            phrases("""
                end differently / come to another finding / come out anywhere different / worthwhile /
                meaningful / (made|make) (no |any |a |little |)difference / can be done / useful would come /
                useful purpose / be gained / of meaning / come of an investigation /
                (further|different) would come / in our power
            """),
            NEGATION,
        ),
        match="Nothing useful would come of it, and it would serve no useful purpose.",
        miss="The difference is worthwhile.",
    ),
    Rule(
        name="nothing can be achieved",
        ground=Ground.NO_BETTER_OUTCOME,
        groups=(
            phrases("""
                achieve / achieved / achieving / gain / gained / secure / secured / obtain / obtained /
                accomplish / accomplished / come of it / (bring|brought) about / determine / establish /
                bring (him|her|them|mr|mrs|miss|ms|nothing)
            """),
            phrases("""
                nothing / not / no / little / unlikely / cannot / neither / nor / hardly / more / never
            """),
        ),
        within=6,
        unless=phrases("yet"),
        match="What he wants cannot be achieved by us.",
        miss="She achieved the grade.",
    ),
    Rule(
        name="put right already",
        ground=Ground.ALREADY_REMEDIED,
        groups=(
            phrases("""
                (been |)put right / put (this|that|it|things|matters|those|them) right /
                settles the problem /
                (fair|suitable|appropriate|acceptable|satisfactory|adequate|reasonable|sufficient|proper|
                financial) (remedy|offer) /
                proportionate remedy / remedied / resolved / resolve / apology / apologised / said sorry /
                satisfied with / acted satisfactorily / remedy / got better /
                council has (now |since |already |)(agreed|offered|paid|refunded|cancelled|acknowledged|put|
                resolved) /
                has been cancelled / proposes to do / done what was (suitable|fitting) / is satisfactory
            """),
            phrases("council / already / been / has / have / with / it / that"),
        ),
        unless=phrases("""
            court / courts / another remedy / little more than / explanation and / legal remedy /
            add nothing / dispute / right of appeal / could not / offered her no / upheld some
        """),
        match="The Council has already apologised, and that is a suitable remedy.",
        miss="He can seek a remedy in court.",
    ),
    Rule(
        name="complaint handling alone",
        ground=Ground.NOT_PROPORTIONATE,
        groups=(
            phrases("""
                complaint handling / complaint - handling / complaints handling / correspondence /
                communications / complaint (procedure|procedures|process) /
                complaints (procedure|procedures|process) / complaint / handles complaints /
                delay in answering
            """),
            phrases("""
                alone / by itself / on (its|their) own / in isolation / core issues / substantive /
                substance / main matter / underlying / not being investigated / central issues
            """),
        ),
        within=16,
        match="We do not look at complaint handling in isolation.",
        miss="The complaint handling was slow.",
    ),
    Rule(
        name="not a good use of public money",
        ground=Ground.NOT_PROPORTIONATE,
        groups=(
            phrases("""
                public (money|resources|funds|interest|purse) / resources / disproportionate /
                out of proportion / proportionate (use|to)
            """),
            phrases("not / good / well / limited / be / wider / would"),
        ),
        within=12,
        match="It is not a good use of public resources to investigate.",
        miss="The Council has the resources.",
    ),
)
