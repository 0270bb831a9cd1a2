"""The version of this package, which signatures name."""

__version__ = "0.1.0"
