"""Closed forms that measured numbers are held against."""
