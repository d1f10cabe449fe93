r"""Energy of converters by a law of their survey.

::

    E_ADC = k1 b + k2 4^b      k1 = 0.1 pJ, k2 = 1 aJ;  b effective bits

Up to ten bits or so the first term rules, beyond it thermal noise and the second: a factor of four
for every bit.  The law is the lower edge of what was built at any speed.  Fast converters take
more: the three that the library cites, 1.6, 4.4 and 5.9 times as much, lie within a factor of 2.5
of 3.5 times the law.

Source: Murmann, "Mixed-signal computing for deep neural network inference", IEEE Trans. VLSI Syst.
29, 3 (2021), 10.1109/TVLSI.2020.3020286, in the form that arXiv 2309.10759 gives it.
"""

from __future__ import annotations

from photonics.errors import InputError

LINEAR_J, NOISE_J = 0.1e-12, 1e-18
BUILT_OVER_LAW = 3.5
"""What fast converters take over the law: geometric mean of the three that the library cites."""
SPREAD = 2.5
"""Factor within which those lie about that."""


def adc_law_j(bits: float) -> float:
    """Energy of a conversion of so many effective bits at the edge of the survey.

    Raises:
        InputError: for no bits.
    """
    if not bits > 0.0:
        raise InputError("bits", bits, "must be above 0")
    return LINEAR_J * bits + NOISE_J * float(4.0**bits)


def adc_energy_j(bits: float) -> float:
    """Energy of a conversion of a fast converter as they are built."""
    return BUILT_OVER_LAW * adc_law_j(bits)
