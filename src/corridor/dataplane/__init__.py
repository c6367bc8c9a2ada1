"""The data plane: prepares what is published, serves it under a grant, fetches from partners, meters bytes."""
