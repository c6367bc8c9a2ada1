"""Who is who: our keys and DID document, partners' DID documents, identity tokens, and the participant list."""
