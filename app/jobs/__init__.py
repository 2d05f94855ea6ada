"""The heavy jobs: which one works, which ones wait, and in which order."""
