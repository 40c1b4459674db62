"""What staff send to the pages of this room, and its limits."""
