"""The report: one self-contained page, and every number of it as JSON.

write.py        writes both files
data.py         what a report says, as plain records
analysis.py     what is measured of every path
numbers.py      the numbers as JSON
runs.py         what several reports found, read from their JSON files
side_by_side.py the page that sets them side by side
quotable.py     what was found, in one paragraph
page.py         the page, from the templates
page_figures.py which paths the page shows, and the figures of them
explorer.py     the data of the interactive explorer; its script is explorer.js
templating.py   the templates' environment, and how figures, numbers and formulas are set
assets/         the looks, shared with the gallery of the paper's figures, and the scripts of tables and explorer
templates/      the words and the order of every section, of the report and of the gallery
"""
