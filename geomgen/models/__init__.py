"""Networks whose layers have names, so that a measure can say which activations it took."""
