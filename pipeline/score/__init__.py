"""Files of new complaints to files of predictions."""
