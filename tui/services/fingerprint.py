"""A fingerprint of a secret: tells whether two are the same, and nothing else about them.

A slow derivation with a salt of the deployment's own, so that who reads a manifest cannot try
out likely secrets by the million. Neither the secret nor anything that it could be computed
from quickly is written anywhere.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
from pathlib import Path

from tui.services.files import open_regular, write_atomically

SALT_BYTES = 32
_COST = 2**15
"""scrypt's N: 32 MiB of memory and about a tenth of a second (RFC 7914)."""
_BLOCK = 8
_MEMORY = 2 * 128 * _BLOCK * _COST
_LENGTH = 8
"""Bytes of the fingerprint: sixteen hexadecimal digits."""


def salt_path(state_dir: Path) -> Path:
    """Where a deployment's salt lies."""
    return state_dir / "salt"


def read_salt(state_dir: Path) -> bytes:
    """The deployment's salt; empty where none was made yet.

    Raises:
        PrecheckError: It may not be read.
        VerificationError: Something else stands in its place.
    """
    path = salt_path(state_dir)
    if not os.path.lexists(path):
        return b""
    with open_regular(path) as descriptor:
        return os.read(descriptor, SALT_BYTES)


def make_salt(state_dir: Path) -> bytes:
    """The deployment's salt, made where there is none; call it with the lock held.

    Raises:
        PrecheckError: It can neither be read nor written.
        VerificationError: Something else stands in its place.
    """
    salt = read_salt(state_dir)
    if len(salt) != SALT_BYTES:
        salt = secrets.token_bytes(SALT_BYTES)
        write_atomically(salt_path(state_dir), salt)
    return salt


def same_salt(one: str, other: str) -> bool:
    """Whether two fingerprints were made with the same salt, and so can be compared at all."""
    return one.partition(":")[0] == other.partition(":")[0]


@functools.lru_cache(maxsize=16)
def fingerprint(secret: str, salt: bytes) -> str:
    """Four digits that tell the salt, a colon, and sixteen that another secret does not give.

    A salt that was lost and made anew must not look like another secret.
    """
    found = hashlib.scrypt(
        secret.encode(errors="surrogateescape"),
        salt=salt,
        n=_COST,
        r=_BLOCK,
        p=1,
        maxmem=_MEMORY,
        dklen=_LENGTH,
    )
    return f"{hashlib.sha256(salt).hexdigest()[:4]}:{found.hex()}"
