"""The page: every report that the runs have data for, in one HTML file that fetches nothing."""
