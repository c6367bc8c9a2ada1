"""The command line: parses words, calls the client or the use cases, and shows what they say; no rule of its own."""
