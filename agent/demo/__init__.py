"""An embedded mail server and a made-up district, so that the product runs at once."""
