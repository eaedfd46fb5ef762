"""Drawings that stand in tables and text: inline SVG, and HTML for what must not be stretched."""
