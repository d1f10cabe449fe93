"""What light meets on its way through the digits of a multiplier."""
