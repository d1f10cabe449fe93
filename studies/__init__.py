"""Questions asked of the machine: command line, sweeps, files and figures."""

import os

# Threads that wait by spinning starve each other wherever a core is shared: the same epoch took
# forty times as long beside another busy process.  OpenMP reads this when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
