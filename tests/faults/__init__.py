"""Faults on purpose, counted: kills, failing disks, damage, races, bad input. ``make faults`` runs them all."""
