"""One command each, in the file of its name; `geodepth.cli.known_commands` lists them.

A command is a frozen dataclass whose fields are its options, with a sentence below each, and whose `run` returns an
exit code. Its docstring ends with an example. What it needs beyond the plain install, or loads slowly, it imports in
`run`, after all that can be checked without.
"""
