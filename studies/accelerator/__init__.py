"""Cost of networks on the machine, and the paper's tables beside what they recompute to."""
