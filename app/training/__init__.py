"""Training as the window sees it: what is planned, what runs, and what came of it."""
