"""Documents to values. Knows the campaign's form, and nothing of mail."""
