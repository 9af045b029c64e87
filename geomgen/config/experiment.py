"""What geomgen knows about each experiment: one record, beside its options, that every other part reads."""

from dataclasses import dataclass

from geomgen.config.base import Config, option_docs


@dataclass(frozen=True)
class Experiment:
    """A subcommand that computes; its functions are in ``geomgen.experiments``, named as ``module:function``.

    Attributes:
        name: The words of the subcommand.
        config: Its options.
        about: Its help; the first line is also in the README's table of commands.
        tables: The tables that it writes; the command shows the first.
        shown: Columns of that table that the command shows, those of them that have a value.
        make: Makes a run from a config; empty if the experiment makes none.
        measure: Measures a run by a config; empty if the experiment measures none.
        rows: For measures of derivatives: the function in ``geomgen.measures`` that makes the rows of one state.
        resume: Resumes an unfinished run; empty if the experiment cannot.
        cost: Estimates time and memory from a config (and, for a measure, the config of the measured run); empty if
            neither is known.
        remarks: Describes in sentences what a finished run's tables do not show; empty if there is nothing to add.
        network: Whether each of its runs holds a network, which every measure can measure.
    """

    name: str
    config: type[Config]
    about: str
    tables: tuple[str, ...]
    shown: tuple[str, ...]
    make: str = ""
    measure: str = ""
    rows: str = ""
    resume: str = ""
    cost: str = ""
    remarks: str = ""
    network: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """Names of its options."""
        return tuple(option_docs(self.config))

    @property
    def summary(self) -> str:
        """The first line of the help."""
        return self.about.partition("\n")[0]
