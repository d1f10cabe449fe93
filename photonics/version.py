"""The version of the distribution, one for all of its packages."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("mirage-photonics")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
