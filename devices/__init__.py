"""Photonic and electronic parts: volt, metre, kelvin, bit, code.  Each part stands alone.

::

    from devices import Laser, RingSwitch, part

    ring = part("cheng-2019")            # a part of the library, by its name
    mine = part("ring.toml", RingSwitch) # one of your own
    ring.coupled(Laser().wavelength_m)   # transfer of the ring in the coupled state

Rooms:

* ``light``: lasers and edge couplers, and the powers above which light is no longer linear
* ``passive``: waveguides and bends, couplers, splitters, interferometers
* ``shifters``: phase shifters, linear or of a kind (electro-optic, NOEMS, heaters, carriers)
* ``switches``: ring switches with their drive and their trimmers
* ``electronics``: photodiodes, amplifiers, gain stages, converters
* ``heat``: heaters that warm each other, trimmers
* ``library``: parts of publications, by name
* ``parameters``: what all parts have in common, and their files
"""

from typing import TYPE_CHECKING

from photonics.errors import InputError
from photonics.lazy import lazy_names
from photonics.version import __version__ as __version__

if TYPE_CHECKING:
    from devices.electronics.adc import Adc
    from devices.electronics.amplifier import TransimpedanceAmplifier
    from devices.electronics.balanced_pair import BalancedPair
    from devices.electronics.dac import Dac
    from devices.electronics.photodiode import Photodiode
    from devices.electronics.variable_gain import VariableGain
    from devices.heat.thermal_crosstalk import (
        ExponentialCoupling,
        HeaterCoupling,
        HeatSinkCoupling,
        ThermalCrosstalk,
    )
    from devices.heat.trimmer import Trimmer
    from devices.library import part, part_names
    from devices.light.laser import EdgeCoupler, Laser
    from devices.light.power_limits import PowerLimits
    from devices.parameters.part import Part, quantity
    from devices.passive.coupler import Coupler, Splitter
    from devices.passive.mzi import Mzi
    from devices.passive.splitter import SplitterTree
    from devices.passive.waveguide import Bend, Waveguide
    from devices.shifters.carrier import DepletionShifter, InjectionShifter
    from devices.shifters.drive_curve import DriveCurve
    from devices.shifters.electro_optic import ElectroOpticShifter
    from devices.shifters.linear import PhaseShifter
    from devices.shifters.noems import NoemsShifter
    from devices.shifters.shifter import Shifter
    from devices.shifters.thermo_optic import ThermoOpticShifter
    from devices.switches.ring import RingSpread, RingSwitch
    from devices.switches.ring_drive import RingDrive
    from devices.switches.ring_trimmer import RingTrimmer

__all__ = [
    "Adc",
    "BalancedPair",
    "Bend",
    "Coupler",
    "Dac",
    "DepletionShifter",
    "DriveCurve",
    "EdgeCoupler",
    "ElectroOpticShifter",
    "ExponentialCoupling",
    "HeatSinkCoupling",
    "HeaterCoupling",
    "InjectionShifter",
    "InputError",
    "Laser",
    "Mzi",
    "NoemsShifter",
    "Part",
    "PhaseShifter",
    "Photodiode",
    "PowerLimits",
    "RingDrive",
    "RingSpread",
    "RingSwitch",
    "RingTrimmer",
    "Shifter",
    "Splitter",
    "SplitterTree",
    "ThermalCrosstalk",
    "ThermoOpticShifter",
    "TransimpedanceAmplifier",
    "Trimmer",
    "VariableGain",
    "Waveguide",
    "part",
    "part_names",
    "quantity",
]

__getattr__ = lazy_names(
    __name__,
    {
        "electronics.adc": ("Adc",),
        "electronics.amplifier": ("TransimpedanceAmplifier",),
        "electronics.balanced_pair": ("BalancedPair",),
        "electronics.dac": ("Dac",),
        "electronics.photodiode": ("Photodiode",),
        "electronics.variable_gain": ("VariableGain",),
        "heat.thermal_crosstalk": (
            "ExponentialCoupling",
            "HeatSinkCoupling",
            "HeaterCoupling",
            "ThermalCrosstalk",
        ),
        "heat.trimmer": ("Trimmer",),
        "library": ("part", "part_names"),
        "light.laser": ("EdgeCoupler", "Laser"),
        "light.power_limits": ("PowerLimits",),
        "parameters.part": ("Part", "quantity"),
        "passive.coupler": ("Coupler", "Splitter"),
        "passive.mzi": ("Mzi",),
        "passive.splitter": ("SplitterTree",),
        "passive.waveguide": ("Bend", "Waveguide"),
        "shifters.carrier": ("DepletionShifter", "InjectionShifter"),
        "shifters.drive_curve": ("DriveCurve",),
        "shifters.electro_optic": ("ElectroOpticShifter",),
        "shifters.linear": ("PhaseShifter",),
        "shifters.noems": ("NoemsShifter",),
        "shifters.shifter": ("Shifter",),
        "shifters.thermo_optic": ("ThermoOpticShifter",),
        "switches.ring": ("RingSpread", "RingSwitch"),
        "switches.ring_drive": ("RingDrive",),
        "switches.ring_trimmer": ("RingTrimmer",),
    },
)


def __dir__() -> list[str]:
    return __all__
