"""Rules for closing a case that belongs elsewhere, or came too late, too early, or from the wrong person. Data only."""

from pipeline.labels.rules import Rule, phrases
from pipeline.schema import Ground

CAN = phrases("""
    reasonable / reasonably / could / can / may / might / right / rights / able / open / expected / has /
    have / had / used / use / already / capable / go to / take / claim / apply
""")
COURT = phrases("court / courts / judge / magistrates")

JURISDICTION_RULES: tuple[Rule, ...] = (
    Rule(
        name="another body is named",
        ground=Ground.OTHER_BODY,
        groups=(
            phrases("""
                information commissioner / ico / social work england /
                (housing|legal|health|financial) ombudsman / health service ombudsman / phso / ofsted /
                department for education / care quality commission / cqc / independent review mechanism /
                (other|another) (body|bodies|organisation|authority|ombudsman) / review service /
                ombudsman services / equality and human rights commission / professional body /
                bodies (more suited|better) / regulator / trading standards / local district council
            """),
        ),
        match="The Information Commissioner is better placed to consider this.",
        miss="The Ombudsman is better placed to consider this.",
    ),
    Rule(
        name="somebody is better placed",
        ground=Ground.OTHER_BODY,
        groups=(
            phrases("""
                (better|best) placed /
                (better|right|proper|appropriate|correct) (place|body|bodies|organisation) /
                (more|better) suited / better position / best taken
            """),
        ),
        within=12,
        unless=phrases("court / courts / tribunal / tribunals / appeal / inspector / insurers"),
        match="The Agency is the right body for her.",
        miss="A court is better placed to decide that.",
    ),
    Rule(
        name="the police",
        ground=Ground.OTHER_BODY,
        groups=(
            phrases("police"),
            phrases("matter for / report / go to / better / best / reasonable / right / contact / for the"),
        ),
        unless=phrases("police and crime / the police made"),
        match="It is a matter for the police.",
        miss="The police attended.",
    ),
    Rule(
        name="a right of appeal",
        ground=Ground.TRIBUNAL_APPEAL,
        groups=(phrases("appeal / appealed / appeals / appealing"), CAN),
        within=14,
        unless=phrases("""
            court / courts / independent review mechanism / energy rebate / appeal panel / school place /
            council has an appeals process / offer
        """),
        match="It is reasonable to expect her to appeal to the tribunal.",
        miss="The appeal panel had the papers.",
    ),
    Rule(
        name="a tribunal, inspector or statutory review",
        ground=Ground.TRIBUNAL_APPEAL,
        groups=(
            phrases("""
                tribunal / tribunals / planning inspector / planning inspectorate / inspectorate /
                adjudicator / secretary of state / statutory (procedure|process|review) / rights to review /
                appeal procedure / law gives (him|her|them) a procedure
            """),
            (*CAN, *phrases("appeal / appealed / for the / better / gives / given / should / matter")),
        ),
        unless=phrases("secretary of state for education / succeeded"),
        match="He could have gone to the Planning Inspectorate.",
        miss="The tribunal sat in June.",
    ),
    Rule(
        name="a review of the decision",
        ground=Ground.TRIBUNAL_APPEAL,
        groups=(
            phrases("""
                review of (the|its|that) (decision|decisions|change|priority) / review the change /
                review that decision / right of review / (ask|asked|asking) for a review /
                (request|requested|seek) a review / reviewed by / decision reviewed / review and appeal
            """),
            CAN,
        ),
        unless=phrases("""
            review mechanism / carry out a review / review by the council / asking for a review was
        """),
        match="She could reasonably ask for a review.",
        miss="The Council did a review of the decision.",
    ),
    Rule(
        name="a court or an insurer",
        ground=Ground.COURT_REMEDY,
        groups=(
            (
                *COURT,
                *phrases("""
                    insurer / insurers / insurance / legal action / compensation claim / judicial review
                """),
                *phrases("notice of delay / traffic enforcement centre"),
            ),
            phrases("""
                reasonable / reasonably / could / can / may / might / open / expected / right / able /
                go to / take / claim / apply / use / remedy / better / best / resolved / suited / alone /
                (for the|only a) (courts|court)
            """),
        ),
        within=12,
        unless=phrases("""
            proceedings / before (the|a) court / court has / been before / dealt with in /
            (already|been) (resolved|decided|heard|considered)
        """),
        match="It is reasonable for him to go to court.",
        miss="The court has dealt with this.",
    ),
    Rule(
        name="before a court",
        ground=Ground.COURT_CONSIDERED,
        groups=(
            (*COURT, "court of protection"),
            phrases("""
                before / decided / considered / dealt with / already / used it / bound up / tied to /
                process / approved / ordered / granted / took place / happened / started / begun / involved /
                to decide on / confirmed / by law / ruled / proceedings
            """),
        ),
        unless=phrases("reasonable / reasonably / appeal / succeeded"),
        match="The Court of Protection has dealt with the main issues already.",
        miss="He could ask a court.",
    ),
    Rule(
        name="closed by law or by proceedings",
        ground=Ground.COURT_CONSIDERED,
        groups=(
            phrases("""
                closed to us by law / (court|legal) proceedings / is for a court or / proceedings /
                (court|courts) (report|process|case) / appeal to court
            """),
        ),
        match="What happened in court proceedings is beyond us.",
        miss="What happened in the meeting is beyond us.",
    ),
    Rule(
        name="late complaint",
        ground=Ground.LATE,
        groups=(
            phrases("""
                (is|are|was|being|so|and) (largely |partly |mostly |in part |)late / late in part /
                late (complaint|complaints) / out of time / (12|twelve) (months|month) / 12 - month /
                too late / (comes|come|came|reached|reaches|brought|made|it) (to us |us |)(so |too |)late /
                (come|complained|complain|came) (to (us|the ombudsman) |)(earlier|sooner|before) /
                too (long ago|far in the past|old) / lateness of the complaint / so long ago / long ago /
                historic / time limit / time limits / far sooner / taken so long /
                (to be|seems|partly|mostly|part) late
            """),
        ),
        match="The complaint is late and there is no good reason to investigate now.",
        miss="The late Mr X lived there.",
    ),
    Rule(
        name="premature complaint",
        ground=Ground.PREMATURE,
        groups=(
            phrases("""
                premature /
                (through|use|complete|completed|finish|of) (the|its|their) (own |)(council |)complaints
                (procedure|process) /
                (through|of) the council 's (own |)complaints (procedure|process) /
                (chance|opportunity) to (answer|respond|reply|consider|look) / yet to / not yet /
                still to be decided / has not (yet |)(complained|finished|completed) / too (early|soon) /
                (has|have) still to / still (under way|in progress|to go) / in progress /
                council to carry out a review / review by the council / council has an appeals process /
                review procedure of the council / asking for a review was / inquiry goes on /
                consider the complaint again / see it through / reviewing its decision /
                not having gone through / until a / let it finish
            """),
        ),
        match="The Council has not yet had the chance to respond.",
        miss="The Council has responded.",
    ),
    Rule(
        name="a matter the law keeps from the Ombudsman",
        ground=Ground.OUTSIDE_JURISDICTION,
        groups=(
            phrases("""
                social housing / social landlord / academy / academies / academy schools /
                (happens|happened) in schools / a school (did|gives) / (all|most) or (most|all) /
                every resident / personnel / employment / commercial / contractual / parish council /
                nursery / internal management / crime / our remit / not within our powers /
                not been given power / actions of a / affects all / administrative (function|functions) /
                schools ' decisions / (what a|the) school provides / exclude
            """),
            phrases("""
                not / outside / beyond / cannot / no / nor / out of reach / our reach / remit / affect /
                affects / touches / law (prevents|stops|bars|puts) / prevented by law
            """),
        ),
        within=16,
        unless=phrases("court / appeal / appealed / acts for / evidence / fault / will not investigate"),
        anywhere=True,
        match="We cannot investigate complaints about academy schools.",
        miss="The academy replied.",
    ),
    Rule(
        name="outside jurisdiction",
        ground=Ground.OUTSIDE_JURISDICTION,
        groups=(
            phrases("""
                jurisdiction / our powers / our remit / have powers over / outside what (we|the) /
                power to (look|investigate|consider)
            """),
            phrases("not / outside / beyond / no / nor / falls / lies / puts / extend"),
        ),
        unless=phrases("""
            court / appeal / appealed / appeals / tribunal / his jurisdiction / time limits / legal / late /
            no jurisdiction / takes them / (this|that|which) (places|puts|takes)
        """),
        match="This is outside our jurisdiction.",
        miss="The tribunal took it, so it is outside our jurisdiction.",
    ),
    Rule(
        name="not the person to complain",
        ground=Ground.NOT_ENTITLED,
        groups=(
            phrases("""
                consent / (permission|authority|right) to complain / suitable person / suited to represent /
                represent / accept as suited / on (his|her|their) behalf / (member|members) of the public /
                (personally|directly) affected / complaints they make / for a parish council
            """),
            phrases("not / no / lacks / lack / without / nor / cannot / acts / rather than"),
        ),
        within=12,
        unless=phrases("sharing information"),
        match="He does not have her consent.",
        miss="She gave her consent.",
    ),
)
