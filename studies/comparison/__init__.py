"""Number formats and machines side by side: ``mirage compare``."""
