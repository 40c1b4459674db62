"""Shapes and limits of what staff type about surveys; a module a noun."""
