"""What the paper trains, trained here: other networks and data, the same formats."""
