"""Functions of users, by `module:function`: found beside their files, and loaded."""

import importlib
import inspect
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


def source_of(name: str, directory: Path, *, given: int = 1, beside: str = "") -> bytes:
    """Return the source of the module of a function; nothing is left loaded.

    Args:
        name: `module:function`.
        directory: where modules are looked for first.
        given: arguments that it is called with.
        beside: name of a function of the module that is called without any, where there is one.

    Raises:
        ValueError: as above, or one of the two cannot be called so.
    """
    with _left_as_it_was(directory):
        function = load_function(name, directory)
        module = sys.modules[name.partition(":")[0]]
        _require_takes(name.partition(":")[2], function, given)
        other = getattr(module, beside, None) if beside else None
        if callable(other):
            _require_takes(beside, other, 0)
    return Path(module.__file__).read_bytes() if module.__file__ else b""


def _require_takes(name: str, function: Function, given: int) -> None:
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return  # of some that are written in C nobody knows what they take
    try:
        signature.bind(*[None] * given)
    except TypeError as error:
        how = "with one message" if given else "without an argument"
        takes = f"a message, such as def {name}(message)" if given else f"nothing: def {name}()"
        what = f"{name} cannot be called {how}: {error}"
        raise ValueError(f"{what}; allowed: one that takes {takes}") from None


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
