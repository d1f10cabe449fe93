"""Which matrix products a network consists of, found by running it without numbers."""
