"""Awareness: outreach, database, provincial offices, word of mouth; and forgetting."""

import numpy as np

from cpmodel.axes import equation


@equation(
    clauses="III.1 IV.1.a A.1", source="Broadbent (1979) ad-stock; carry-over of Sethuraman et al. (2011)"
)
def outreach_flow(contacts, outreach, decay):
    """Change of the outreach stock [contacts / establishment / year].

    contacts [contacts / establishment / year]   outreach [contacts / establishment]   decay [1/year]
        contacts − decay · outreach
    """
    return contacts - decay * outreach


@equation(clauses="III.1 IV.1.a", source="Hill (1910) saturation, as used for advertising response")
def outreach_response(outreach, half_saturation, exponent):
    """Saturating response to outreach [1], in [0, 1).

    outreach, half_saturation [contacts / establishment]   exponent [1]
        G^η / (κ^η + G^η), written as 1 / (1 + (κ/G)^η); 0 where there is no outreach
    """
    ratio = half_saturation / np.maximum(outreach, 1e-60)
    return 1.0 / (1.0 + np.exp(exponent * np.log(ratio)))


@equation(clauses="IV.1.b A.2", source="Linear build-up with ageing")
def database_flow(spend, cost, build_time, content, decay):
    """Change of the database's content [share / year].

    spend [bn VND / year]   cost of complete content [bn VND]   build_time, the shortest [years]   content [share]
    decay [1/year]:  min(spend / cost, 1 / build_time) · (1 − content) − decay · content
    """
    return np.minimum(spend / cost, 1.0 / build_time) * (1.0 - content) - decay * content


@equation(clauses="III.3.c IV.1.c A.3", source="Linear build-up with ageing")
def demonstration_flow(spend, cost, models, decay):
    """Change of the number of live demonstration models [models / year].

    spend [bn VND / year]   cost [bn VND / model]   models [models]   decay [1/year]
    """
    return spend / cost - decay * models


@equation(clauses="III.3.c IV.1.c", source="Michaelis–Menten saturation")
def demonstration_multiplier(models, strongest, half):
    """How much more visible adopters are thanks to demonstration models [ratio ≥ 1].

    models, half [models]   strongest [ratio]:  1 + strongest · models / (half + models)
    """
    return 1.0 + strongest * models / (half + models)


@equation(
    clauses="II.2.a.1 II.2.b.1 III.1 IV.1.a IV.1.b IV.1.c", source="Bass (1969) with media as covariates"
)
def discovery_rate(background, outreach_gain, database_gain, office_gain, word_of_mouth, visible):
    """Rate at which unaware establishments discover cleaner production [1/year].

    background, outreach_gain, database_gain, office_gain [1/year]: each channel's own contribution
    word_of_mouth [1/year]   visible [share of establishments that are visible adopters]
    """
    return background + outreach_gain + database_gain + office_gain + word_of_mouth * visible


@equation(clauses="IV.1.c", source="Spatial diffusion with row-stochastic weights (Hägerstrand 1967)")
def visible_adopters(own, neighbours, neighbour_weight):
    """Visible adopters that a cell sees [share of establishments]: own province and its neighbours, same sector."""
    return (1.0 - neighbour_weight) * own + neighbour_weight * neighbours


@equation(clauses="II.2.a.1 II.2.b.1", source="Dodson & Muller (1978), with forgetting")
def awareness_flow(unaware, discovery_rate, aware, forgetting_rate):
    """Net flow into awareness [share of establishments / year].

    unaware, aware [share of establishments]   discovery_rate, forgetting_rate [1/year]
        discovery_rate · unaware − forgetting_rate · aware
    """
    return discovery_rate * unaware - forgetting_rate * aware
