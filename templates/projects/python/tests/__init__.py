"""Tests; python -m unittest discover -s tests -t . runs them."""
