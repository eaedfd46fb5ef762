"""Keys, tokens and certificates made for a test."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nkeys


class Identity:
    """An nkey pair."""

    def __init__(self, prefix: int) -> None:
        self.seed = bytes(nkeys.encode_seed(os.urandom(32), prefix)).decode()
        self._pair = nkeys.from_seed(bytearray(self.seed.encode()))
        self.public_key: str = self._pair.public_key.decode()

    def jwt(self, subject: "Identity", kind: str, **claims: Any) -> str:
        """Return a NATS JWT (version 2) of this kind about `subject`, signed by this identity."""
        content = {
            "jti": "test",
            "iat": 1_700_000_000,
            "iss": self.public_key,
            "name": kind,
            "sub": subject.public_key,
            "nats": {"type": kind, "version": 2} | claims,
        }
        head = encoded({"typ": "JWT", "alg": "ed25519-nkey"})
        body = f"{head}.{encoded(content)}"
        signature = self._pair.sign(body.encode())
        return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def encoded(content: dict[str, Any]) -> str:
    """Return a part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def user() -> Identity:
    """Return a user's nkey."""
    return Identity(nkeys.PREFIX_BYTE_USER)


def operator_config(creds_file: Path) -> str:
    """Write a user's .creds file; return the configuration of a server that trusts its operator."""
    operator = Identity(nkeys.PREFIX_BYTE_OPERATOR)
    account, system = (Identity(nkeys.PREFIX_BYTE_ACCOUNT) for _ in range(2))
    someone = user()
    no_limit = {"subs": -1, "data": -1, "payload": -1, "conn": -1, "leaf": -1}
    creds_file.write_text(
        "-----BEGIN NATS USER JWT-----\n"
        f"{account.jwt(someone, 'user', subs=-1, data=-1, payload=-1)}\n"
        "------END NATS USER JWT------\n\n"
        "************************* IMPORTANT *************************\n"
        "-----BEGIN USER NKEY SEED-----\n"
        f"{someone.seed}\n"
        "------END USER NKEY SEED------\n"
    )
    preload = "\n".join(
        f"{one.public_key}: {operator.jwt(one, 'account', limits=no_limit)}"
        for one in (account, system)
    )
    return (
        f"operator: {operator.jwt(operator, 'operator')}\n"
        f"system_account: {system.public_key}\n"
        f"resolver: MEMORY\nresolver_preload {{\n{preload}\n}}\n"
    )


def certificate(directory: Path) -> tuple[Path, Path]:
    """Make a certificate of its own authority for 127.0.0.1; return it and its key."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
    )
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return cert, key
