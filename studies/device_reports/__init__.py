"""What each device does: its characteristic numbers and curves."""
