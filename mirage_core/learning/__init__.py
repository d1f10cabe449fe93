"""Networks on the tensor core: gradients, conversion, data, training."""
