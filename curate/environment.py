"""Reads the settings of this process, and says in a sentence what is wrong with one."""

from pathlib import Path

from pydantic import ValidationError

from curate.errors import InvalidParameter
from curate.settings import Settings


def settings_from_environment(workspace: Path | None = None) -> Settings:
    """Return the settings in `CURATE_*` variables, with another workspace if one is given.

    Raises:
        InvalidParameter: a variable has a value that can't be used; the sentence names it.
    """
    try:
        return Settings() if workspace is None else Settings(workspace=workspace)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidParameter(f"CURATE_{str(wrong['loc'][0]).upper()} can't be used: {wrong['msg']}.") from error
