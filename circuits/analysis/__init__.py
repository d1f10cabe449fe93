"""What a design may expect before any light is sent: link, timing, and errors in milliradians."""
