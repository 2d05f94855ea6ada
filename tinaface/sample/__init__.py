"""Makes pictures of people who do not exist, with exact labels: `python -m tinaface.sample`."""
