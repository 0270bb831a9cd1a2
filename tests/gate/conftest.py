"""The fixtures of gates."""

from tests.gate.folder import folder, locked, locks, saved

__all__ = ["folder", "locked", "locks", "saved"]
