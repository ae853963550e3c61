"""What runs in the browser, beside Python and NumPy."""
