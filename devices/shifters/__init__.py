"""Phase shifters of every kind."""
