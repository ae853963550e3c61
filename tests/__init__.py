"""What executes the pages, and what is checked."""
