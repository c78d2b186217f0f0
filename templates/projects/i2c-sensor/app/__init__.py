"""Reads a temperature sensor."""
