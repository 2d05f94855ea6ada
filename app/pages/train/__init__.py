"""The page that trains: what to learn, how it goes, what came of it, and the models there are."""
