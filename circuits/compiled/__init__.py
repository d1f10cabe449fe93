"""A chip as plain numbers, and what engines do with them: no configuration below this line."""
