"""MNIST-1D: ten shapes of 40 numbers, moved, stretched and noisy.

Source: Greydanus and Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024,
arXiv 2011.14439; made by the authors' package ``mnist1d``, nothing is downloaded.
"""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import torch

from mirage_core.data.dataset import Dataset
from photonics.errors import InputError

# In a process of its own: the package draws from, and seeds, the random numbers of everybody, and
# loads a drawing library.
_MAKE = """
import io, sys
try:
    from mnist1d.data import get_dataset_args, make_dataset
except ImportError as error:
    sys.exit(f"{error}")
import numpy
made = make_dataset(get_dataset_args())
file = io.BytesIO()
numpy.savez(file, **{name: made[name] for name in ("x", "y", "x_test", "y_test")})
sys.stdout.buffer.write(file.getvalue())
"""


def mnist1d() -> Dataset:
    """4000 and 1000 samples (1, 1, 40) of the authors' default settings and seed.

    Raises:
        InputError: where the package is missing.
    """
    run = subprocess.run([sys.executable, "-c", _MAKE], capture_output=True, check=False)
    if run.returncode != 0:
        last = run.stderr.decode(errors="replace").strip().splitlines()[-1:]
        remedy = "pip install 'mirage-photonics[mnist1d]'"
        raise InputError("data", "mnist1d", f"cannot be made: {''.join(last)}", remedy)
    made = np.load(io.BytesIO(run.stdout), allow_pickle=False)
    train_x, test_x = (
        torch.from_numpy(made[name]).float()[:, None, None] for name in ("x", "x_test")
    )
    train_y, test_y = (torch.from_numpy(made[name]).long() for name in ("y", "y_test"))
    source = "the package mnist1d, arXiv 2011.14439"
    return Dataset("mnist1d", train_x, train_y, test_x, test_y, 10, source)
