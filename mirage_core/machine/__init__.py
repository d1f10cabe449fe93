"""One object that describes a machine, and the presets."""
