"""Proof that needs nobody's word: events in a Merkle log, receipts that both sides sign, bundles verified offline."""
