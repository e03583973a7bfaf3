"""Mail in and out. Knows nothing of forms."""
