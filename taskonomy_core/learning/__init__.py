"""Images to losses: the rooms that train."""
