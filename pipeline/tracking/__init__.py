"""Bundles in, MLflow runs and registered models out, and back: the only package that imports MLflow.

store: an open store, and every fault of one as one error · datasets, runs: a bundle as a run · model, served: the model
that MLflow stores and serves · registry: versions, champion, challenger, history · recipe: a run back to its settings.
All that is logged is read from the bundle's folder, so what could not be logged at once is logged later, and nothing
twice. The text of no complaint leaves the machine this way.
"""
