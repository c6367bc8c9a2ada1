"""Two laws side by side: what each answers, both ways, and where the same facts get different answers."""
