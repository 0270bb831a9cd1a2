"""Where tokens end: what a prompt leaves open, and where text can be cut."""
