"""Two-sided statistical checks with tolerances derived from the sample size.

Every check compares with z = 5 (a false alarm in 1.7 million) at a fixed seed; families of
p-values go through Holm's procedure at a family-wise level of 0.001.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from studies.verification.statistics import holm_rejections as holm_rejections

Z = 5.0


def assert_mean(sample: ArrayLike, mean: float, sigma: float) -> None:
    """The sample mean is within z standard errors of ``mean``, ``sigma`` being one draw's rms."""
    x = np.asarray(sample, dtype=np.float64).ravel()
    error = abs(float(x.mean()) - mean)
    allowed = Z * sigma / math.sqrt(x.size)
    assert error <= allowed, f"mean {x.mean():.6g}, expected {mean:.6g} within {allowed:.2g}"


def assert_variance(sample: ArrayLike, variance: float) -> None:
    """The variance of a Gaussian sample is within z of its own rms, var·sqrt(2/n)."""
    x = np.asarray(sample, dtype=np.float64).ravel()
    found = float(x.var(ddof=1))
    allowed = Z * variance * math.sqrt(2.0 / (x.size - 1))
    assert abs(found - variance) <= allowed, (
        f"variance {found:.6g}, expected {variance:.6g} within {allowed:.2g}"
    )


def assert_uncorrelated(first: ArrayLike, second: ArrayLike) -> None:
    """The sample correlation is within z of zero, its rms being 1/sqrt(n)."""
    a, b = np.asarray(first).ravel(), np.asarray(second).ravel()
    rho = float(np.corrcoef(a, b)[0, 1])
    assert abs(rho) <= Z / math.sqrt(a.size), f"correlation {rho:.3g} over {a.size} draws"


def binomial_p_value(errors: int, trials: int, rate: float) -> float:
    """Two-sided exact p-value of a count against a rate."""
    return float(binomtest(errors, trials, rate).pvalue)
