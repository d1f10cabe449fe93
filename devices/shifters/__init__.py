"""Phase shifters of every kind: a machine can have any that is listed here, and any other."""

from devices.shifters import carrier, electro_optic, linear, noems, thermo_optic

__all__ = ["carrier", "electro_optic", "linear", "noems", "thermo_optic"]
