"""The ledger: every claim and open question of the five texts, how it is measured, and what the runs say about it."""
