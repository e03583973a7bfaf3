"""A scheduled agent that receives, checks, files, answers and compiles a district's reports by mail."""

__version__ = "0.1.0"
