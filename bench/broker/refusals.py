"""Why a connection did not come to be, in words of our own.

What a library says of it may hold the address with its password, or call a missing file a server
that does not answer.
"""

import re
import socket
import ssl

_SERVERS_WORDS = re.compile(r"'([^']+)'\s*$")
"""How the server's `-ERR` ends, and with it what the library makes of it."""


def why_not_connected(error: Exception) -> str:
    """Return the reason that lies in an error of the system, of TLS or of the client library."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"no TLS can be agreed on ({error.reason or 'unknown reason'})"
    if isinstance(error, OSError):
        return _of_system(error)
    found = _SERVERS_WORDS.search(str(error))
    if found is not None:
        return f"the server refuses us: {found[1]}"
    return "what answers there is no NATS server"


def _of_system(error: OSError) -> str:
    match error:
        case socket.gaierror():
            return "nobody answers: the host's name is not known"
        case ConnectionRefusedError():
            return "nobody answers: connection refused"
        case ConnectionError():
            return "the server closed the connection before it let us in"
        case TimeoutError():
            return "nobody answers in time"
    return f"nobody answers: {error.strerror or 'unreachable'}"
