"""The demonstration: two real nodes on this machine run the whole journey, through their public interfaces only."""
