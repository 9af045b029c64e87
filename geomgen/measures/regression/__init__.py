"""Regression problems whose answers are known in closed form, measured by drawing and fitting."""
