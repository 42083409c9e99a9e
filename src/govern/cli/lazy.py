"""Groups of commands that load only the one that is called."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that `--help` imports click and nothing else.

    Commands that were added to the group in its own module are listed first.
    """

    def __init__(self, *args: object, table: dict[str, tuple[str, str]], **kwargs: object) -> None:
        """Take a table from command name to `module:attribute` and its line of help."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # click's own signature
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order in which they were written down."""
        return [*self.commands, *self.table]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.table:
            return self.commands.get(cmd_name)
        module, attribute = self.table[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none."""
        own = [(name, (command.help or "").partition("\n")[0]) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, text) for name, (_where, text) in self.table.items())])
