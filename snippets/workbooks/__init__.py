"""Exercises with checks that name the mistake, one module a workbook."""
