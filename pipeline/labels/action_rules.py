"""Rules for upholding a case over what the body did or decided. Data only."""

from pipeline.labels.rules import Rule, phrases
from pipeline.labels.vocabulary import COMPLAINT, NOT_DONE
from pipeline.schema import Ground

ACTION_RULES: tuple[Rule, ...] = (
    Rule(
        name="delay",
        ground=Ground.DELAY,
        groups=(
            phrases("""
                delay / delays / delayed / delaying / too long / too slow / too slowly / slow / slower /
                slowly / slowness / late / lateness / later than / drift / drifted / overdue / in time /
                in good time / reasonable time /
                statutory (timescale|timescales|timeframe|timeframes|time limit|time limits|deadline|
                deadlines) /
                in the time laid down / the time it took / how long / took (months|years) / promptly /
                prompt / time limits in / time limits were / (long|longer) time / needlessly long
            """),
        ),
        unless=phrases("""
            the late / late (mother|father|husband|wife|parents|mr|mrs|ms|miss) / out of time / is late
        """),
        match="The Council took too long to decide.",
        miss="She cared for her late mother.",
    ),
    Rule(
        name="wrong charge",
        ground=Ground.CHARGING_ERROR,
        groups=(
            phrases("""
                charge / charges / charged / charging / bill / bills / billed / invoice / invoices /
                invoiced / fees / overcharged / overcharging / financial (assessment|assessments) /
                contribution / contributions / overpayment / calculated / calculation / miscalculated /
                deducted / worked out
            """),
            phrases("""
                wrong / wrongly / wrongful / incorrect / incorrectly / in error / error / errors / mistake /
                mistaken / not accurate / miscalculated / overcharged / faulty / at fault / fault in /
                should not have / overcharging / refunded / dealt with
            """),
        ),
        within=7,
        match="The Council wrongly charged her for care.",
        miss="The Council charged her for care.",
    ),
    Rule(
        name="service not provided",
        ground=Ground.SERVICE_NOT_PROVIDED,
        groups=(
            phrases("""
                provide / provided / providing / provision / deliver / delivered / delivery / collect /
                collected / collecting / collections / education / educated / transport / respite / repairs /
                equipment / therapy / arrange / arranging / put in place / in place / moved / housed /
                act on / acting on / acted on / inspect / inspecting / belongings / support / accommodation /
                refuse collection / gave / give / supplied / monitor / secure / enforce / make available /
                take place / restore / met / meet
            """),
            phrases("""
                not / no / never / nor / without / failed / failing / failure / missed / missing / lack of /
                too little / not enough / unsuitable / lost / not always
            """),
        ),
        within=4,
        unless=phrases("""
            properly / consider / information / evidence / records / explanation / reasons / reply / remedy /
            complaint / told / notice / thought / date / answer / appeal / rights / back / decision /
            proper / injustice / assessment / review / reviews / advice / injustice / duty
        """),
        match="The Council did not provide the speech therapy in her plan.",
        miss="The Council provided speech therapy.",
    ),
    Rule(
        name="poor or unsuitable service",
        ground=Ground.SERVICE_NOT_PROVIDED,
        groups=(
            phrases("care / service / services / support / accommodation / placement / adaptations / place"),
            phrases("""
                deficient / poor / inadequate / unsuitable / not suitable / not met / fell short /
                went without / not given / did not suit / suitable accommodation / standard / unfit /
                failings in / service failure
            """),
        ),
        within=6,
        unless=phrases("customer service / suitable accommodation was"),
        match="The care that the home gave was inadequate.",
        miss="The care was good.",
    ),
    Rule(
        name="missed service",
        ground=Ground.SERVICE_NOT_PROVIDED,
        groups=(
            phrases("""
                missed (collections|bin|waste|education) / collections were missed /
                missing the collections / went without / lost provision / education missed / missed out on /
                in bed and breakfast / unsuitable home / unsuitable (temporary |interim |)accommodation /
                reasonable standard / did too little / missed part of / what the council provided /
                did nothing when / the council did nothing / took no action / refuse collections /
                (bad|poor) conditions / support and care / lost education / suitable education
            """),
        ),
        match="Collections were missed again and again.",
        miss="She missed the bus.",
    ),
    Rule(
        name="rules not followed",
        ground=Ground.PROCESS_NOT_FOLLOWED,
        groups=(
            phrases("""
                policy / policies / procedure / procedures / process / guidance / law / legislation /
                code of guidance / code / regulations / equality duty / timescales / time limits / steps /
                due process / rules / safeguards / duty to / main housing duty / right of review /
                legal test / statutory duties / care act requires
            """),
            phrases("""
                not followed / follow / followed / failed / not / departed / misapplied / breach / breached /
                contrary / unfollowed / accord / match / out of account / permits / requires / required /
                wrong / proper / right / correct / regard / beyond what / ignored / lays down /
                not keeping to / were missed
            """),
        ),
        within=7,
        unless=(*COMPLAINT, *phrases("will / information on / right to")),
        match="The Council did not follow its own policy.",
        miss="The Council has a policy.",
    ),
    Rule(
        name="step left out",
        ground=Ground.PROCESS_NOT_FOLLOWED,
        groups=(
            phrases("""
                annual review / annual reviews / reviews / consult / consulted / consulting / consultation /
                notice / notices / (right|rights) of review / review request / risk assessment /
                risk assessments / site notice / carer 's assessment / statutory review /
                reasonable adjustments / authorised / refer / referral / reassess / reassessment /
                needs assessment / enquiries / safeguarding enquiry / main housing duty / care plans /
                housing plan / interview / decision letter / written decision / appeal rights / advocate /
                wrong (test|tests) / opportunity / review panel / amended plan / support plan /
                personal budget / transport assessment / decisions in writing / requests to review /
                decision in october / processed / include / involve
            """),
            (
                *NOT_DONE,
                *phrases("""
                    incorrectly / missed / incorrect / fault / faulty / properly / declined / refused
                """),
            ),
        ),
        within=6,
        match="The Council failed to hold an annual review.",
        miss="The annual review was in May.",
    ),
    Rule(
        name="statutory complaints procedure not used",
        ground=Ground.PROCESS_NOT_FOLLOWED,
        groups=(
            phrases("""
                statutory (complaint|complaints) (procedure|process) / statutory (procedure|process) for /
                children act / children 's (statutory |)(complaint|complaints) (procedure|process) /
                statutory children 's / through the statutory procedure
            """),
            phrases("""
                not / without / should have / refused / refusal / declining / should take / should be used /
                go through
            """),
        ),
        within=12,
        match="The Council was at fault for not taking it through the statutory complaints procedure.",
        miss="The statutory complaints procedure ended in May.",
    ),
    Rule(
        name="fault in the process",
        ground=Ground.PROCESS_NOT_FOLLOWED,
        groups=(
            phrases("""
                process / processes / procedural / procedurally / recovery action / enforcement agents /
                bailiffs / measures were brought in / traffic order / handling of the appeal /
                appeal panel considered
            """),
            phrases("fault / faults / flawed / error / errors / at fault"),
        ),
        unless=COMPLAINT,
        match="There was fault in the process by which it decided.",
        miss="The process ended in May.",
    ),
    Rule(
        name="not properly considered",
        ground=Ground.FLAWED_DECISION,
        groups=(
            phrases("""
                consider / considered / considering / consideration / take (into |)account / took account /
                account of / account / weigh / weighed / weighing / thought to / thinking of / think about /
                looked at / look into / looked into / assess / assessed / assessing / recognise /
                recognised / understand / regard
            """),
            phrases("""
                not / no / never / nor / neither / nothing / without / failed / failing / failure / flawed /
                out of / fault in (how|the way) / at fault / with fault / should have / wrongly /
                inadequately
            """),
        ),
        within=7,
        unless=(
            *COMPLAINT,
            *phrases("""
                no injustice / look into this / council tax account / record / recorded / delay / earlier
            """),
        ),
        match="The Council did not properly consider her medical evidence.",
        miss="The Council considered her evidence with care.",
    ),
    Rule(
        name="fault in the decision",
        ground=Ground.FLAWED_DECISION,
        groups=(
            phrases("""
                decision / decisions / decided / deciding / decide / assessment / assessments / reasons /
                refused / refusing / refusal / decision - making / appeal / appeals / panel / issued /
                judging / reviewed / the review / grant / grants / award / priority / band
            """),
            phrases("""
                flawed / flaw / flaws / faulty / wrong / wrongly / fault in /
                fault in (how|the way|its|the) / fault for / fault when / with fault / no sound basis /
                unsound / in question / uncertain / not explain / not clear / properly / no evidence /
                insufficient evidence / not show / by mistake / relied on / without / at fault /
                fault by which / evidenced / not enough / finds fault
            """),
        ),
        within=7,
        unless=(
            *COMPLAINT,
            *phrases("""
                delay / delays / slow / late / too long / record / recorded / time it took /
                reasonable time
            """),
            *phrases("""
                in writing / accord / financial (assessment|assessments) / process / handling of the appeal
            """),
        ),
        match="There was fault in how it decided her application.",
        miss="It decided her application in May.",
    ),
    Rule(
        name="wrong to decide so",
        ground=Ground.FLAWED_DECISION,
        groups=(
            phrases("""
                (was|were) wrong to (refuse|end|suspend|remove|decide|rule|turn|reduce|stop) /
                used its discretion /
                wrongly (refused|issued|decided|ended|suspended|removed|closed|cancelled|turned) /
                no sound basis / wrong (test|tests) / (irrelevant|relevant) matters / left out of account /
                proper consideration / section 19 duty / (no|too little|little) (proper |)thought /
                came to refuse / made no decision / was mistaken / new panel / another appeal /
                fresh hearing / new appeal / another hearing / suitable thought / made up their own minds
            """),
        ),
        unless=COMPLAINT,
        match="The Council was wrong to suspend her housing benefit.",
        miss="The Council suspended her housing benefit.",
    ),
)
