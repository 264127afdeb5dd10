"""RepresentationPath, the one type in which an optimizer's geodesic and a trained network meet."""
