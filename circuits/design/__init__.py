"""Every parameter of the circuit, and nothing else."""
