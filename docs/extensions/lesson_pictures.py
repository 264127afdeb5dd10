"""The pictures that a lesson saves, shown on its page."""

import shutil
from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst


def saved_pictures(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Take the .png files that are beside the lesson since it ran, for sphinx-gallery.

    Parameters
    ----------
    block : tuple
        The lines that ran.
    variables : dict
        Of sphinx-gallery: where the lesson is, and names for pictures.
    settings : dict
        Of sphinx-gallery.

    Returns
    -------
    str
        What shows the pictures, in reStructuredText.
    """
    shown = []
    for picture in sorted(Path(variables["src_file"]).parent.glob("*.png")):
        place = next(variables["image_path_iterator"])
        shutil.move(picture, place)
        shown.append(place)
    return str(figure_rst(shown, settings["src_dir"]))
