"""A stand-in for scikit-learn, which no browser runs: what the chapters use of it.

Each class and function does what scikit-learn's does, with the same random numbers;
tests/test_stand_ins.py compares them.
"""
