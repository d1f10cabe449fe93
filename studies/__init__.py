"""Questions asked of the machine: command line, sweeps, files and figures."""
