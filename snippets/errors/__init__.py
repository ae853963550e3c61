"""Failures that beginners hit: each reproduced, measured and fixed."""
