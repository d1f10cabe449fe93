"""Where light comes from, and how much of it parts bear."""
