"""Who we are to a server, as the fields of CONNECT. Never logged.

Source: docs.nats.io, "Client Protocol", CONNECT; "NATS 2.0 authentication with nkeys".
"""

from bench.broker.login import Login, public_key_of, signature


def connect_fields(login: Login, nonce: str) -> dict[str, str]:
    """Return the fields of CONNECT that say who we are.

    Args:
        login: of the endpoint.
        nonce: what the server wants signed; empty when it asks for no signature.
    """
    fields: dict[str, str] = {}
    if login.user is not None:
        fields |= {"user": login.user, "pass": login.password or ""}
    if login.token:
        fields["auth_token"] = login.token
    if login.jwt:
        fields["jwt"] = login.jwt
    elif login.seed:
        fields["nkey"] = public_key_of(login.seed)
    if login.seed:
        fields["sig"] = signature(login.seed, nonce).decode()
    return fields
