"""What the paper prints and draws, and how it must have counted."""
