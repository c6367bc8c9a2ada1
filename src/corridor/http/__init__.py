"""HTTP on both sides: the protocol server with its gate and error boundary, and the client that speaks to partners."""
