"""One row of a machine, worked out again at every move of a slider."""
