"""The command `geodepth`.

main.py           which command is meant
exit_codes.py     how its errors end
options.py        options that are the fields of a record
output_files.py   checks of the files that a command is to write
validate.py, compare.py, geodesic.py, train.py, solve.py, paper.py, doctor.py: one command each
"""

from .main import main

__all__ = ["main"]
