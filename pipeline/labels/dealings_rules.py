"""Rules for upholding a case over how the body dealt with the person: words, complaint, records, remedy. Data only."""

from pipeline.labels.rules import Rule, phrases
from pipeline.labels.vocabulary import COMPLAINT, NOT_DONE
from pipeline.schema import Ground

BADLY = phrases("""
    poor / poorly / badly / wrong / wrongly / inadequate / inadequately / flawed / faulty / shortcomings /
    failings / deficient / fell short / fault / faults / unsatisfactory / error / errors
""")

DEALINGS_RULES: tuple[Rule, ...] = (
    Rule(
        name="complaint handled badly",
        ground=Ground.POOR_COMPLAINT_HANDLING,
        groups=(
            COMPLAINT,
            phrases("""
                handle / handling / handled / addressed / dealing / dealt / answer / answering / answered /
                respond / responding / response / responses / reply / replies / investigation / investigate /
                investigating / looked into / look into / considered / consider / consideration / process /
                procedure / managed / left / escalate / refused / unanswered / accept / stage /
                stage (two|2|three|3) / poor / badly
            """),
        ),
        within=7,
        unless=phrases("""
            remind / we investigated / this complaint / complaint is upheld / upheld the complaint /
            complaint is closed / number of complaints / complaints of / which complaint
        """),
        match="The Council failed to answer his complaint.",
        miss="The complaint concerns a wall.",
    ),
    Rule(
        name="complaints procedure",
        ground=Ground.POOR_COMPLAINT_HANDLING,
        groups=(
            phrases("""
                (complaint|complaints) (procedure|process|handling) / complaint - handling /
                stage (two|three|2|3) / statutory complaints / procedure for complaints /
                children 's complaints / offered no remedy / handling of (her|his|their|the) complaint /
                complaints on children 's services
            """),
        ),
        match="It did not start stage two of the children's complaints procedure.",
        miss="It set out the next stage of the works.",
    ),
    Rule(
        name="communication",
        ground=Ground.POOR_COMMUNICATION,
        groups=(
            phrases("""
                communicate / communicated / communicating / communication / communications /
                customer service / misleading / misled / misinformed /
                (raised|raising) (his|her|their) expectations / expectations were raised /
                (wrong|incorrect) (information|advice) / contradictory / lack of clarity / poor contact
            """),
        ),
        match="The Council communicated poorly with her.",
        miss="The Council talked to her.",
    ),
    Rule(
        name="not told",
        ground=Ground.POOR_COMMUNICATION,
        groups=(
            phrases("""
                tell / telling / told / inform / informed / informing / notify / notified / notifying /
                explain / explained / explaining / explanation / advise / advised / advising / reply /
                replied / respond / responded / answer / correspondence / emails / email / calls /
                contacted / updates / updated / share / sharing / letting /
                let (her|him|them|mr|mrs|miss) know / information / copy / copies / sent / send / letter /
                unclear / clear / clearly / (keep|keeping|kept) (her|him|them|mr|mrs|miss|ms)
            """),
            phrases("""
                not / no / never / nor / without / failed / failing / failure / should have / could have /
                better / lack of / unanswered / fault in (how|what) / lacked / poor feedback
            """),
        ),
        within=4,
        unless=COMPLAINT,
        match="It did not tell her that she could appeal.",
        miss="It told her that she could appeal.",
    ),
    Rule(
        name="wrong information",
        ground=Ground.POOR_COMMUNICATION,
        groups=(
            phrases("information / advice / advised / what it (told|said)"),
            phrases("""
                wrong / incorrect / inaccurate / misleading / inconsistent / mistaken / unclear /
                inadequate / poor / fault / confusing / conflicting / contradictory / too little
            """),
        ),
        within=5,
        match="The advice it gave was inaccurate.",
        miss="The advice it gave was sound.",
    ),
    Rule(
        name="records",
        ground=Ground.POOR_RECORDS,
        groups=(
            phrases("""
                record / recorded / recording / records / record - keeping / minutes / notes / retain /
                lost evidence / could not evidence / lost (her|his|their) (documents|papers|evidence)
            """),
            (*NOT_DONE, *BADLY, *phrases("incomplete / incorrect / inaccurate / lost / could not")),
        ),
        match="The Council kept no record of why it decided so.",
        miss="The Council recorded its reasons.",
    ),
    Rule(
        name="settled early",
        ground=Ground.REMEDIED_EARLY,
        groups=(
            phrases("""
                early (resolution|remedy) / settle it early / resolved early / resolve the complaint early /
                proportionate (remedy|resolution|manner) / proportionately / remedy in proportion /
                (settles|settle|resolves) the matter / discontinued / strikes us as proportionate /
                already put it right / in the course of its own complaints process
            """),
        ),
        anywhere=True,
        match="The Council has agreed to resolve the complaint early.",
        miss="The Council rose early.",
    ),
    Rule(
        name="not investigated because remedied",
        ground=Ground.REMEDIED_EARLY,
        groups=(
            phrases("""
                (will|shall|should) not (investigate|look into|be investigating) /
                (will|shall) not be (investigated|looked into) / (are|is) not investigating /
                decided (against investigating|not to investigate) / not investigate /
                no need (for us |)to (investigate|look) / without an investigation /
                (stopped|ended) (our|the) investigation early
            """),
        ),
        anywhere=True,
        match="We will not investigate, because the Council has offered a remedy.",
        miss="We investigated.",
    ),
)
