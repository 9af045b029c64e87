"""Estimators on matrices, and the seeds of all randomness."""
