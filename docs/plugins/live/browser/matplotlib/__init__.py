"""A stand-in for Matplotlib, which no browser runs: the calls that the pages use."""
