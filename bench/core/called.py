"""Functions of users, by `module:function`: found beside their files, and loaded."""

import importlib
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Function = Callable[[Any], Any]


def load_function(name: str, directory: Path) -> Function:
    """Return a function, with `directory` first where modules are looked for from now on.

    Raises:
        ValueError: there is no such module or function, or the module cannot be read; says why, and
            where.
    """
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    module_name, _, attribute = name.partition(":")
    if not all(each.isidentifier() for each in (*module_name.split("."), attribute)):
        raise ValueError("is no `module:function`")
    try:
        module = importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a module may do as it likes, and exit
        raise ValueError(f"cannot be imported: {_told(error)}") from None
    function = getattr(module, attribute, None)
    if function is None:
        raise ValueError(f"{module_name} has no {attribute}; allowed: {', '.join(_known(module))}")
    if not callable(function):
        raise ValueError(f"{attribute} of {module_name} is no function")
    return function  # type: ignore[no-any-return]


def source_of(name: str, directory: Path) -> bytes:
    """Return the source of the module of a function; nothing is left loaded. Raises as above."""
    with _left_as_it_was(directory):
        load_function(name, directory)
        file = sys.modules[name.partition(":")[0]].__file__
    return Path(file).read_bytes() if file else b""


@contextmanager
def _left_as_it_was(directory: Path) -> Iterator[None]:
    """Forget what is loaded from a directory: another one may have modules of the same names."""
    path, known = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in sys.modules.keys() - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(directory):
                del sys.modules[name]


def _told(error: BaseException) -> str:
    """Return what went wrong and in which line of whose file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<frozen")]
    last = own[-1] if own else None
    ours = last is None or Path(last.filename) == Path(__file__) or "importlib" in last.filename
    place = "" if ours or last is None else f" ({last.filename}:{last.lineno})"
    if isinstance(error, SyntaxError):
        place = f" ({error.filename}:{error.lineno})"
        return f"{type(error).__name__}: {error.msg}{place}"
    return f"{type(error).__name__}: {error}{place}"


def _known(module: object) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and not isinstance(value, type)
    ] or ["a function of it"]
