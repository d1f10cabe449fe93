"""What the emulator costs: products, training steps, and what is done once."""
