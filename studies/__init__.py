"""Questions asked of the machine: command line, sweeps, files and figures."""

import os

# Blocks of readouts fit a cache, and two threads gain a quarter on them at best; spinning beside
# another busy process they lost a factor of forty.  OpenMP reads this when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
