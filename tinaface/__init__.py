"""TinaFace: the detector, its data and its workers. Never imports Qt."""
