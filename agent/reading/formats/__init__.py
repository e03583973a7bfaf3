"""One small file a format: a file's bytes in, a Document (grids, text, pictures) out."""
