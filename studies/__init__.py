"""Questions asked of the machine: command line, sweeps, files and figures."""

import os

# Blocks of readouts fit a cache: more threads gain little on them and, spinning beside another
# busy process, lose a great deal.  OpenMP reads this when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
