"""Machines that come with the package, one TOML file each: departures from the cited defaults."""
