"""Image data sets as tensors: where they are read from, how they are checked, and what is done to them."""
