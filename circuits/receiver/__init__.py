"""From the light of both rails to a decided residue."""
