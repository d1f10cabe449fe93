"""What a network is to learn: loss, score, and which score is better."""
