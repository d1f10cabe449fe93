"""Parameters of parts: validated, frozen, from code, TOML files and the command line."""
