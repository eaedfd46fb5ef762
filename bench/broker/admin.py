"""What jetbench makes on a server, and how it keeps its hands off everything else.

Requests go to `$JS.API` as JSON rather than through the library's config classes, which lack
fields and re-send defaults (docs/adr/0008). Every stream carries our mark in its metadata; one
without it is never touched, whatever its name.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client

from bench.clients.port import Endpoint
from bench.core.errors import NameCollisionError, ServerUnavailableError
from bench.core.ids import OWNER_KEY, STREAM_PREFIX, SUBJECT_PREFIX
from bench.spec.variant import ConsumerSettings, Settings, StreamSettings
