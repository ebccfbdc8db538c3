"""Complaints scored by Spark: the only package that imports PySpark.

needs    is PySpark there, and Java
engine   folders in, folders out
reading  files of any format to records
session  Spark itself, and what it raises
claim    an output for one run alone
worker   files, records and rows in Arrow batches, as the workers pass them; knows nothing of Spark
packed   a bundle on its way to the workers
"""
