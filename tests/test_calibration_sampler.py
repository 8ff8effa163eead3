"""From prior to posterior: closed forms met, ranks uniform, runs that agree, and honesty about what was learned."""

import numpy as np
import pytest
from scipy.stats import chisquare

from cpmodel.calibration.contraction import LEARNED, contraction, run_error, shown, told
from cpmodel.calibration.likelihood import Match
from cpmodel.calibration.sampler import (
    history_match,
    r_hat,
    refuse_conflict,
    refuse_unconverged,
    sample,
    sbc_ranks,
    silent,
    sobol_normals,
)
from cpmodel.errors import RunFailed
from cpmodel.outlook.tempering import temper

SPREAD = 0.5  # of the one figure that the toy observes


def toy(observed, labels=1):
    """z1 + z2 is seen once, with error: of three coordinates, one direction is informed and one never."""

    def log_likelihood(label, z):
        shift = 0.3 * label
        gap = observed - shift - z[:, 0] - z[:, 1]
        return -0.5 * (gap / SPREAD) ** 2 - np.log(SPREAD * np.sqrt(2 * np.pi))

    return log_likelihood


def closed_form(observed):
    """Mean and covariance of the first two coordinates (Bayes' rule for normals)."""
    a = np.ones((1, 2))
    gain = a.T / (2 + SPREAD**2)
    return gain[:, 0] * observed, np.eye(2) - gain @ a


def test_the_posterior_of_a_conjugate_toy_is_its_closed_form():
    start = sobol_normals(3, 1024, 4, seed=1)
    found = sample(toy(1.5), 1, start, seed=2)
    mean, cov = closed_form(1.5)
    np.testing.assert_allclose(found.z[:, :2].mean(0), mean, atol=0.05)
    np.testing.assert_allclose(np.cov(found.z[:, :2].T), cov, atol=0.06)
    exact = -0.5 * 1.5**2 / (2 + SPREAD**2) - 0.5 * np.log(2 * np.pi * (2 + SPREAD**2))
    assert found.evidence[0] == pytest.approx(exact, abs=0.05)
    assert found.r_hat.max() < 1.05 and found.ancestors.min() > 100
    refuse_unconverged(found, ["a", "b", "c"])


def test_what_no_figure_speaks_of_stays_as_it_was():
    found = sample(toy(1.5), 1, sobol_normals(3, 1024, 4, seed=3), seed=4)
    prior = np.random.default_rng(0).standard_normal((4096, 3))
    shrunk = contraction(prior, found.z)
    assert abs(shrunk[2]) < 0.12 and told(shrunk[2]) == "prior-driven"
    assert shrunk[0] == pytest.approx(1 / (2 + SPREAD**2), abs=0.08) and shrunk[0] > LEARNED
    total = contraction(prior[:, :2].sum(1), found.z[:, :2].sum(1))
    assert total == pytest.approx(1 - SPREAD**2 / (2 + SPREAD**2), abs=0.03) and told(total) == "informed"


def test_each_variant_keeps_its_own_particles_and_evidence():
    start = np.concatenate([sobol_normals(3, 512, 4, seed=5)] * 2)
    found = sample(toy(1.5), 2, start, seed=6)
    assert np.bincount(found.label).tolist() == [2048, 2048]
    exact = [-0.5 * (1.5 - s) ** 2 / (2 + SPREAD**2) for s in (0.0, 0.3)]
    assert np.diff(found.evidence)[0] == pytest.approx(np.diff(exact)[0], abs=0.08)


def test_the_same_seed_gives_the_same_particles():
    one, two = (sample(toy(0.7), 1, sobol_normals(3, 128, 4, seed=7), seed=8) for _ in range(2))
    np.testing.assert_array_equal(one.z, two.z)


def test_ranks_of_truths_among_their_posteriors_are_uniform():
    """Simulation-based calibration (Talts et al. 2018) through the very sampler that calibration uses."""

    def fit(observed, rng):
        start = rng.standard_normal((256, 2))
        return temper(toy(observed), np.zeros(256, int), start, rng, moves=8).z

    ranks = sbc_ranks(
        prior=lambda rng: rng.standard_normal(2),
        observe=lambda z, rng: z.sum() + SPREAD * rng.standard_normal(),
        fit=fit, repeats=240, rng=np.random.default_rng(9), kept=15,
    )  # fmt: skip
    assert ranks.shape == (240, 2) and ranks.min() >= 0 and ranks.max() <= 15
    for column in ranks.T:
        assert chisquare(np.bincount(column // 2, minlength=8)).pvalue > 0.01


def test_a_sampler_that_is_too_sure_has_ranks_at_the_ends():
    ranks = sbc_ranks(
        prior=lambda rng: rng.standard_normal(1),
        observe=lambda z, rng: z + SPREAD * rng.standard_normal(1),
        fit=lambda y, rng: y / (1 + SPREAD**2) + 0.1 * rng.standard_normal((64, 1)),
        repeats=240, rng=np.random.default_rng(10), kept=15,
    )  # fmt: skip
    assert chisquare(np.bincount(ranks[:, 0] // 2, minlength=8)).pvalue < 1e-6


def test_runs_of_one_distribution_agree_and_of_two_do_not():
    rng = np.random.default_rng(11)
    alike = rng.standard_normal((4, 500, 2))
    assert r_hat(alike) == pytest.approx([1, 1], abs=0.02)
    apart = alike + np.array([0.0, 1.0])[None, None, :] * np.arange(4)[:, None, None]
    assert r_hat(apart)[0] < 1.02 and r_hat(apart)[1] > 1.2


def test_runs_that_disagree_are_an_error_that_names_the_parameter():
    found = sample(toy(0.7), 1, sobol_normals(3, 128, 4, seed=7), seed=8)
    bad = type(found)(**{**vars(found), "r_hat": np.array([[1.0, 1.3, 1.0]])})
    with pytest.raises(RunFailed, match="R-hat of hurdle_median is 1.30"):
        refuse_unconverged(bad, ["a", "hurdle_median", "c"])
    few = type(found)(**{**vars(found), "ancestors": np.array([3.0])})
    with pytest.raises(RunFailed, match="3 effective prior draws"):
        refuse_unconverged(few, ["a", "b", "c"])


def matches(**distances):
    return [{name: Match(-0.5 * np.array(d) ** 2, np.array(d)) for name, d in distances.items()}]


def test_a_figure_that_no_draw_comes_near_is_a_conflict_and_is_named():
    kept = history_match(matches(A=[1.0, 2.0, 9.0], B=[9.0, 9.0, 9.0]))
    assert kept == {"A": pytest.approx(2 / 3), "B": 0.0, "all": 0.0}
    with pytest.raises(RunFailed, match="cannot come near B"):
        refuse_conflict(kept)
    with pytest.raises(RunFailed, match="several rows together"):
        refuse_conflict(history_match(matches(A=[1.0, 9.0], B=[9.0, 1.0])))
    refuse_conflict(history_match(matches(A=[1.0, 9.0])))


def test_a_figure_that_every_draw_meets_alike_teaches_nothing():
    assert silent(matches(A=[1.0, 1.0, 1.0], B=[0.0, 1.0, 2.0])) == ("A",)


def test_contraction_of_nothing_learned_is_nought_and_of_all_learned_one():
    rng = np.random.default_rng(12)
    z = rng.standard_normal(5000)
    assert contraction(z, z) == pytest.approx(0.0)
    assert contraction(z, np.zeros(10)) == 1.0
    assert contraction(z, 0.5 * z) == pytest.approx(0.75)
    assert np.isnan(contraction(np.zeros(10), z))


def test_the_error_of_a_variance_is_what_repeated_samples_scatter_by():
    rng = np.random.default_rng(13)
    run, variant = np.tile(np.repeat(np.arange(4), 128), 2), np.repeat([0, 1], 512)
    samples = rng.standard_normal((200, 1024)).T + 3.0 * variant[:, None]
    scatter = np.std([one.var() for one in samples.T]) / samples.var()
    assert run_error(samples, run, variant).mean() == pytest.approx(scatter, rel=0.4)
    assert np.isnan(run_error(samples, np.zeros(1024, int)))[0]


def test_noise_is_not_printed_as_information():
    assert shown(-0.16, 0.09) == "≈ 0 ± 0.09" and shown(0.49, 0.04) == "0.49 ± 0.04"
    assert told(0.3, 0.2) == "prior-driven" and told(0.3, np.nan) == "prior-driven"
