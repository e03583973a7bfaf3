"""An embedded mail server and a made-up district, so that the product runs at once."""

MARK = "演示数据"
"""Stands on every page that the demo makes."""
