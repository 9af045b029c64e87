"""Closed forms that measured numbers are compared with."""
