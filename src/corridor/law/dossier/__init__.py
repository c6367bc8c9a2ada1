"""What the officer has to file or keep, as documents to be filled in: skeletons, never claims that a paper exists."""
