"""Photonic and electronic parts: volt, metre, kelvin, bit, code.  Each part stands alone.

::

    from devices import Laser, RingSwitch, part

    ring = part("cheng-2019")            # a part of the library, by its name
    mine = part("ring.toml", RingSwitch) # one of your own
    ring.coupled(Laser().wavelength_m)   # transfer of the ring in the coupled state

Rooms:

* ``light``: lasers and edge couplers, and the powers above which light is no longer linear
* ``passive``: waveguides and bends, couplers, splitters; as measured, too
* ``shifters``: phase shifters, linear or of a kind (electro-optic, NOEMS, heaters, carriers)
* ``switches``: 2x2 switches (rings, interferometers) with their drive and their trimmers
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
    from devices.parameters.measurement import Measurement
    from devices.parameters.part import Part, quantity
    from devices.passive.coupler import Coupler, Splitter
    from devices.passive.measured import MeasuredCoupler, MeasuredDivider, MeasuredSplitter
    from devices.passive.splitter import SplitterTree
    from devices.passive.waveguide import Bend, Waveguide
    from devices.shifters.carrier import DepletionShifter, InjectionShifter
    from devices.shifters.drive_curve import DriveCurve
    from devices.shifters.electro_optic import ElectroOpticShifter
    from devices.shifters.linear import PhaseShifter
    from devices.shifters.noems import NoemsShifter
    from devices.shifters.shifter import Shifter
    from devices.shifters.thermo_optic import ThermoOpticShifter
    from devices.switches.measured import MeasuredSwitch
    from devices.switches.mzi import MziSwitch
    from devices.switches.ring import RingSwitch
    from devices.switches.ring_trimmer import RingTrimmer
    from devices.switches.switch import Switch
    from devices.switches.switch_drive import SwitchDrive

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
    "MeasuredCoupler",
    "MeasuredDivider",
    "MeasuredSplitter",
    "MeasuredSwitch",
    "Measurement",
    "MziSwitch",
    "NoemsShifter",
    "Part",
    "PhaseShifter",
    "Photodiode",
    "PowerLimits",
    "RingSwitch",
    "RingTrimmer",
    "Shifter",
    "Splitter",
    "SplitterTree",
    "Switch",
    "SwitchDrive",
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
        "parameters.measurement": ("Measurement",),
        "parameters.part": ("Part", "quantity"),
        "passive.coupler": ("Coupler", "Splitter"),
        "passive.measured": ("MeasuredCoupler", "MeasuredDivider", "MeasuredSplitter"),
        "passive.splitter": ("SplitterTree",),
        "passive.waveguide": ("Bend", "Waveguide"),
        "shifters.carrier": ("DepletionShifter", "InjectionShifter"),
        "shifters.drive_curve": ("DriveCurve",),
        "shifters.electro_optic": ("ElectroOpticShifter",),
        "shifters.linear": ("PhaseShifter",),
        "shifters.noems": ("NoemsShifter",),
        "shifters.shifter": ("Shifter",),
        "shifters.thermo_optic": ("ThermoOpticShifter",),
        "switches.mzi": ("MziSwitch",),
        "switches.measured": ("MeasuredSwitch",),
        "switches.ring": ("RingSwitch",),
        "switches.switch": ("Switch",),
        "switches.switch_drive": ("SwitchDrive",),
        "switches.ring_trimmer": ("RingTrimmer",),
    },
)


def __dir__() -> list[str]:
    return __all__
