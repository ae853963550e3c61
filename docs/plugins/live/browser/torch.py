"""Say at once what no browser runs."""

raise ModuleNotFoundError("PyTorch does not run in a browser; the notebook has it")
