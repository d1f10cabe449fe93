"""Networks of full size, whose cost is worked out and which are not trained here."""
