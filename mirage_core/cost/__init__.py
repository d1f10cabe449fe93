"""What products cost on a machine: time, energy, area and traffic, and on systolic arrays."""
