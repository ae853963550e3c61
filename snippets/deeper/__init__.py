"""What is true and beautiful, but not needed to go on: code of the optional pages."""
