"""Data sets: by name, from files and arrays, from teachers.

dataset.py               Dataset, the record
standardization.py       how raw rows become its numbers
splits.py                which samples are trained on, which are held back
classes.py               class labels as numbers and as one-hot targets
arrays.py                a data set from raw arrays
csv_tables.py            the cells of a .csv file, and what is unclear in it
principal_components.py  fewer inputs
files.py                 from .npz and .csv files
teachers.py              random networks of known rank
named.py                 by name
"""
