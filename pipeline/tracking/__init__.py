"""Bundles in, MLflow runs and registered models out, and back: the only package that imports MLflow.

store: an open store, and every fault of one as one error · runs, with tags, values, datasets: a bundle as a run ·
model, served: what MLflow stores and serves · registry, history: versions, champion, challenger · fetch, recipe: a
model or a run back to its bundle or its settings. All that is logged is read from the bundle's folder, so what could
not be logged at once is logged later, and nothing twice. The text of no complaint leaves the machine this way.
"""
