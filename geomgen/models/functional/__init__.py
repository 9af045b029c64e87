"""A network as a function of its parameters: values, losses, derivatives, and products with them."""
