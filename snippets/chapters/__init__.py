"""The chapters' code, in the order in which a reader writes it."""
