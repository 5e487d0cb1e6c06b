#!/usr/bin/env python3
"""Writes test/vectors/accountant.json: privacy costs that others compute, for node/privacy/accountant to agree with.

    python3 -m venv venv && venv/bin/pip install dp-accounting==0.6.0
    venv/bin/python scripts/make-accountant-vectors.py > test/vectors/accountant.json

`reference` of a case says what its number is:
- rdp: epsilon of Google's dp-accounting, RdpAccountant with its default orders. Ours agrees to 1 %.
- pld: epsilon of dp-accounting's privacy loss distributions, rounded up. `least` is the same rounded down, which the
  true epsilon is not below. Ours agrees to 1 %, and is not below `least`.
- divergence: the Renyi divergence at one order, summed over the distribution itself. Ours is a bound above it.

"neighbours" is REPLACE_SPECIAL (zero-out): the data of one participant, or one example, or nothing in its place.
"""

import json
import logging as stdlib_logging
import math
from functools import partial
from importlib.metadata import version

import numpy as np
from absl import logging
from dp_accounting import dp_event
from dp_accounting.pld import privacy_loss_distribution as pld
from dp_accounting.privacy_accountant import NeighboringRelation
from dp_accounting.rdp import RdpAccountant
from scipy import stats

# Of orders whose series does not settle, which it leaves out.
logging.set_verbosity(logging.ERROR)
# And that rounding down is done by privacy buckets.
stdlib_logging.getLogger().setLevel(stdlib_logging.ERROR)

cases = []


def rdp_epsilon(events, delta):
    accountant = RdpAccountant(neighboring_relation=NeighboringRelation.REPLACE_SPECIAL)
    for event, times in events:
        accountant.compose(event, times)
    return accountant.get_epsilon(delta)


def add(reference, mechanism, value, **setting):
    cases.append({"reference": reference, "mechanism": mechanism, **setting, "value": float(value)})


for noise_multiplier in (0.5, 1.1, 2.3, 7.5, 30):
    for rounds, delta in ((1, 1e-5), (10, 1e-6), (100, 1e-5)):
        event = dp_event.GaussianDpEvent(noise_multiplier)
        add("rdp", "gaussian", rdp_epsilon([(event, rounds)], delta),
            noiseMultiplier=noise_multiplier, rounds=rounds, delta=delta)

for noise_multiplier in (0.7, 2.5, 10, 40):
    for rounds, delta in ((1, 1e-5), (10, 1e-6), (100, 1e-5)):
        event = dp_event.LaplaceDpEvent(noise_multiplier)
        add("rdp", "laplace", rdp_epsilon([(event, rounds)], delta),
            noiseMultiplier=noise_multiplier, rounds=rounds, delta=delta)

for sampling_rate in (0.001, 0.01, 0.1, 0.35):
    for noise_multiplier in (0.6, 1.1, 3):
        for rounds, delta in ((20, 1e-5), (2000, 1e-6)):
            event = dp_event.PoissonSampledDpEvent(sampling_rate, dp_event.GaussianDpEvent(noise_multiplier))
            add("rdp", "subsampled-gaussian", rdp_epsilon([(event, rounds)], delta),
                samplingRate=sampling_rate, noiseMultiplier=noise_multiplier, rounds=rounds, delta=delta)

# Nearly exact: privacy loss distributions, on a fine grid, rounded up and down.
def add_pld(mechanism, of, rounds, delta, **setting):
    value, least = (of(pessimistic_estimate=up, value_discretization_interval=5e-5).self_compose(rounds)
                    .get_epsilon_for_delta(delta) for up in (True, False))
    add("pld", mechanism, value, **setting, rounds=rounds, delta=delta, least=float(least))


for noise_multiplier, rounds, delta in (
        (0.5, 1, 1e-5), (0.7, 3, 1e-6), (1.1, 10, 1e-6), (2.3, 100, 1e-5), (7.5, 100, 1e-5), (30, 300, 1e-7),
        (1.0, 1, 1e-9), (4, 20, 1e-5)):
    add_pld("gaussian", partial(pld.from_gaussian_mechanism, noise_multiplier), rounds, delta,
            noiseMultiplier=noise_multiplier)
for sampling_rate, noise_multiplier, rounds, delta in (
        (0.001, 0.6, 2000, 1e-6), (0.01, 0.6, 200, 1e-5), (0.01, 1.1, 1000, 1e-5), (0.1, 1.1, 20, 1e-5),
        (0.1, 1.1, 300, 1e-6), (0.1, 3, 100, 1e-5), (0.35, 0.6, 20, 1e-5), (0.35, 3, 500, 1e-6),
        (0.02, 0.8, 3000, 1e-7), (0.25, 2, 40, 1e-8), (0.5, 1.5, 12, 1e-5), (0.9, 1.2, 5, 1e-6)):
    add_pld("subsampled-gaussian",
            partial(pld.from_gaussian_mechanism, noise_multiplier, sampling_prob=sampling_rate), rounds, delta,
            samplingRate=sampling_rate, noiseMultiplier=noise_multiplier)
for std, move, rounds, delta in ((40, 30, 1, 1e-5), (60, 20, 10, 1e-6), (100, 10, 200, 1e-5), (50, 50, 2, 1e-7)):
    add_pld("discrete-gaussian", partial(pld.from_discrete_gaussian_mechanism, std, move), rounds, delta,
            noiseStdLanes=std, clipNormLanes=move)
for scale, move, rounds, delta in (
        (5, 3, 1, 1e-9), (12, 4, 10, 1e-6), (40, 7, 100, 1e-5), (1000, 400, 20, 1e-6), (3000, 300, 200, 1e-7),
        (20, 1, 500, 1e-5), (500, 200, 50, 1e-6), (800, 100, 60, 1e-5)):
    add_pld("discrete-laplace", partial(pld.from_discrete_laplace_mechanism, 1 / scale, move), rounds, delta,
            scaleLanes=scale, clipNormLanes=move)


def divergence(log_p, log_q, order):
    """Renyi divergence of two distributions on the same integers, from logarithms."""
    log_terms = order * log_p - (order - 1) * log_q
    most = log_terms.max()
    return (most + math.log(np.exp(log_terms - most).sum())) / (order - 1)


for std, move in ((6.0, 2), (6.0, 9), (30.0, 25), (2.5, 1)):
    reach = int(14 * std) + 4 * move
    at = np.arange(-reach, reach + 1)
    rate = std**2 / 2
    log_p = stats.skellam.logpmf(at, rate, rate)
    log_q = stats.skellam.logpmf(at - move, rate, rate)
    for order in (2, 8, 32):
        usable = np.isfinite(log_p) & np.isfinite(log_q)
        add("divergence", "skellam", divergence(log_p[usable], log_q[usable], order),
            noiseStdLanes=std, clipNormLanes=move, order=order)

for share_std, shares, move in ((0.6, 3, 1), (0.8, 5, 2), (4.0, 4, 6)):
    reach = int(40 * share_std) + 8
    at = np.arange(-reach, reach + 1)
    one = np.exp(-(at**2) / (2 * share_std**2))
    one /= one.sum()
    whole = one
    for _ in range(shares - 1):
        whole = np.convolve(whole, one)
    with np.errstate(divide="ignore"):
        log_p = np.log(whole[move:])
        log_q = np.log(whole[:-move])
    for order in (2, 8):
        usable = (log_p > -300) & (log_q > -300)
        add("divergence", "distributed-gaussian", divergence(log_p[usable], log_q[usable], order),
            shareStdLanes=share_std, shares=shares, clipNormLanes=move, order=order)

print(json.dumps({"generator": f"dp-accounting {version('dp-accounting')}", "cases": cases}, indent=1))
