"""geodepth completion: commands and options completed by a shell."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import tyro

from geodepth.cli.known_commands import COMMANDS, can_run, command_class
from geodepth.cli.optional_types import REGISTRY


@dataclass(frozen=True, slots=True)
class CompletionCommand:
    """Print a script that completes commands, options and their choices; a shell reads it when it starts.

    Example: geodepth completion bash > ~/.local/share/bash-completion/completions/geodepth
    """

    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional]
    """The shell: bash, zsh or fish."""

    def run(self) -> int:
        """Print the script."""
        runnable = [name for name in COMMANDS if can_run(name)]
        commands: Any = Union[  # noqa: UP007  made of a tuple
            tuple(Annotated[command_class(name), tyro.conf.subcommand(name)] for name in runnable)
        ]
        try:
            tyro.cli(
                commands,
                prog="geodepth",
                args=("--tyro-write-completion", self.shell, "-"),
                registry=REGISTRY,
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
            )
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0
