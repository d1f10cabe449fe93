"""Studies run point by point: what they are, which points they have, who works on which."""
