"""Unity Catalog in front of Spark Connect: every plan is checked and its names are resolved before Spark sees it."""
