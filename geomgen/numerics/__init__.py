"""Estimators on matrices, and the seeds that randomness comes from."""
