"""`tk serve`: the page that shows the taxonomy and lets one change one's mind, and the JSON API behind it."""
