"""How faithful the products of a network are: format, light and errors told apart."""
