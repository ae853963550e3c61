"""What lets a reader run a page's blocks in the browser."""
