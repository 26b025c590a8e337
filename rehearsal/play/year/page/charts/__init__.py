"""Charts as shapes on a plane, in pixels from the top left. Pure functions; `charts.html.j2` draws them as SVG."""
