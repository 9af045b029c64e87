"""Experiments on the geometry of generalisation in over-parameterised networks."""
