"""What each row of `data/programme` speaks of: the outcome that answers to it, and the kind of evidence it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TABLES = (
    "survey_national",
    "survey_provincial",
    "activities",
    "credit_support",
    "derived_paybacks",
    "demonstration_projects",
)
COUNTRY = "Viet Nam"
OWN = "own"  # the scenario that is calibrated
KINDS = {
    "share": "beta-binomial, with misclassification and wave bias",
    "offices": "Poisson-binomial",
    "at_least": "lower bound of a count",
    "count": "negative binomial",
    "selected": "normal on logs, with selection bias",
}


@dataclass(frozen=True)
class Subject:
    """What rows speak of. `where` names the table's columns and their values; the rest says what answers to it.

    outcome    an outcome of the long table, or a quantity of `predictions`   kind    one of `KINDS`
    scenario   the run it is held against: the one calibrated, or a record replayed
    in_view_of     parameter whose prior was centred in view of these rows: the run says so
    span       (start, end) in decimal years that a count covers; None: from the start of the run to the row's year
    never      why rows of this subject are not scored, if so
    """

    table: str
    where: Mapping[str, str]
    outcome: str = ""
    kind: str = ""
    scenario: str = OWN
    in_view_of: str = ""
    span: tuple[float, float] | None = None
    never: str = ""


SUBJECTS = (
    Subject("survey_national", {"indicator": "share_aware_of_cp"}, "awareness", "share"),
    Subject("survey_national", {"indicator": "share_applying_cp"}, "adoption_lenient", "share"),
    Subject("survey_provincial", {"indicator": "share_aware_of_cp"}, "awareness", "share"),
    Subject("survey_provincial", {"indicator": "share_applying_cp"}, "adoption_lenient", "share"),
    Subject(
        "survey_national", {"indicator": "share_doit_able_to_advise_on_cp"}, "office_capacity", "offices"
    ),
    Subject("survey_national", {"indicator": "provinces_with_cp_experts"}, "office_capacity", "offices"),
    Subject("survey_national", {"indicator": "firms_applying_cp"}, "adopters", "at_least"),
    Subject(
        "survey_national",
        {"indicator": "firms_assisted_by_vncpc"},
        never="counts everyone ever helped by one centre, training included; the model holds the stock of the assessed",
    ),
    Subject(
        "survey_national",
        {"indicator": "mean_input_saving_cpi_demonstrations"},
        "demonstration_saving",
        "selected",
        in_view_of="saving_share",
    ),
    *(
        Subject(
            "activities",
            {"programme": "cp_strategy_1419", "activity": activity},
            never="participants of all training, whoever paid; how the money is split is assumed, so what a contact "
            "cost cannot be told from it",
        )
        for activity in ("training and workshop participants", "people trained")
    ),
    Subject(
        "activities",
        {
            "programme": "cp_strategy_1419",
            "activity": "industry promotion and energy-saving centres able to support CP",
        },
        never="centres, not the offices that the target counts",
    ),
    Subject(
        "credit_support",
        {"instrument": "gctf_seco", "item": "projects implemented to early 2016"},
        "scheme_projects",
        "count",
        scenario="replay_gctf",
        in_view_of="scheme_awareness",
        span=(2007.0, 2016.25),  # "2007 to early 2016", early read as the first quarter
    ),
    *(
        Subject(
            "derived_paybacks",
            {"option_group": group},
            f"payback_{rung}",
            "selected",
            in_view_of="payback_median",
        )
        for group, rung in (
            ("low_cost", "good_housekeeping"),
            ("process_modification", "process_modification"),
            ("technology_change", "technology_change"),
        )
    ),
    *(
        Subject("derived_paybacks", {"option_group": group}, never="the payback mixes rungs")
        for group in ("all_options", "project_total")
    ),
    Subject(
        "demonstration_projects",
        {},
        never="one line of one plant; paybacks derived from these rows are scored instead",
    ),
)
