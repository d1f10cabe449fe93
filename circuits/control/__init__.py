"""Calibration of a chip by a controller, and pilots that track it between calibrations."""
