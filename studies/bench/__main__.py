"""``python -m studies.bench``."""

from studies.bench.command import run
from studies.report import usage

usage.run(run)
