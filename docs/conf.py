"""The site: pages of this folder, the reference from `__all__`, examples as executed lessons, the library's pictures.

Nothing is fetched: formulas become MathML, fonts and scripts are the theme's own.
"""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from geodepth.foundation.versions import versions_of  # noqa: E402

# Lessons write files beside themselves: they run as copies.
LESSONS = HERE / "built" / "lessons"
LESSONS.mkdir(parents=True, exist_ok=True)
for copied in LESSONS.glob("*.py"):
    copied.unlink()
for lesson in [*(HERE.parent / "examples").glob("*.py"), HERE.parent / "examples" / "GALLERY_HEADER.rst"]:
    shutil.copy(lesson, LESSONS)

project = "geodepth"
author = "The geodepth authors"
version = release = versions_of("geodepth")["geodepth"]
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "formulas",
    "reference_pages",
    "command_pages",
    "library_pages",
    "tutorial_pages",
]
exclude_patterns = ["_build", "extensions", "built/lessons", "built/**/*.ipynb", "built/tutorials/*.zip", "site.css"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
suppress_warnings = ["config.cache", "myst.header"]
default_role = "code"
language = "en"
smartquotes = False  # -- and "text" are meant

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
myst_url_schemes = {"http": None, "https": None, "mailto": None}

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = ["Source"]
python_maximum_signature_line_length = 80

sphinx_gallery_conf = {
    "examples_dirs": "built/lessons",
    "gallery_dirs": "built/tutorials",
    "image_scrapers": ("lesson_pictures.saved_pictures",),
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"__init__\.py",
    "min_reported_time": 1e6,
    "write_computation_times": False,
    "show_memory": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "reset_modules": (),
    "capture_repr": (),
    "copyfile_regex": r"GALLERY_HEADER\.rst",
    "within_subsection_order": "FileNameSortKey",
}

html_theme = "furo"
html_title = f"geodepth {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True
