"""Light and its noise: watt, radian, hertz, decibel.  Pure functions, and the noise source."""
