"""The command `geodepth`.

main.py                which command is meant
known_commands.py      the commands by name, and what `geodepth` alone says
commands/              one command each
settings_elsewhere.py  settings from a TOML file and from the environment
options.py             options that are the fields of a record
optional_types.py      how options that may be left out are shown
output_files.py        checks of the files that a command is to write
answers.py             what a command found, in lines or as JSON
exit_codes.py          how a command ends, and its errors
"""

from .main import main

__all__ = ["main"]
