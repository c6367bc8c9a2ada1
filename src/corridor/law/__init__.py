"""The border: cross-border data law as dated, cited, tested data, and the engine that applies it to described facts."""
