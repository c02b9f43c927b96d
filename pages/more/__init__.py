"""Screens beside the steps."""
