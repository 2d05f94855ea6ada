"""How probable it is that a label is wrong."""
