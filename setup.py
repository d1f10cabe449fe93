"""The native kernels, built where there is a compiler; all else is in pyproject.toml."""

from pathlib import Path

from setuptools import Extension, setup

FOLDER = "mirage_core/native"
SETS = ("baseline", "avx2", "avx512")
# Sums and products stay as they are written: results are compared bit by bit.
FLAGS = ["-O3", "-funroll-loops", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]

setup(
    ext_modules=[
        Extension(
            "mirage_core.native._kernels",
            sources=[f"{FOLDER}/dispatch.c", *(f"{FOLDER}/kernel_{name}.c" for name in SETS)],
            depends=sorted(map(str, Path(FOLDER).glob("*.h"))),
            extra_compile_args=FLAGS,
            optional=True,
        )
    ]
)
