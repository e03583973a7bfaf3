"""Personal data in what people write: found (personal), noted (exposed), and masked where it leaves the house (masked)."""
