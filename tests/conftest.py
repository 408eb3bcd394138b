"""What holds for every test: no network, one thread, quiet logs. The environment is set before anything reads it.

Triton's kernels are run by its interpreter where there is no GPU; that is chosen before anything imports Triton.
"""

import logging
import os
import tempfile

_HOME = tempfile.TemporaryDirectory(prefix="zoo-tests-")  # removed when the interpreter ends

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("HF_TOKEN", None)
if not os.path.exists("/dev/nvidiactl"):
    os.environ.setdefault("TRITON_INTERPRET", "1")
os.environ |= {
    "HF_HOME": _HOME.name,
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}

import ipaddress
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("zoo", deadline=None, max_examples=50)
settings.register_profile("zoo-ci", settings.get_profile("zoo"), derandomize=True)
settings.load_profile("zoo-ci" if os.environ.get("CI") else "zoo")

# Lightning sets its two top loggers to INFO when it is imported, hence their children too.
_CHATTY = ("pytorch_lightning", "lightning_fabric", "lightning_utilities")


@pytest.fixture(scope="session", autouse=True)
def _quiet_single_thread() -> None:
    for name in [*logging.root.manager.loggerDict]:
        if name.startswith(_CHATTY):
            logging.getLogger(name).setLevel(logging.ERROR)
    for name in (*_CHATTY, "pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if "torch" in sys.modules:  # else the tests asked for do without
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the corpora, which are not ours to ship: without it the tests that read them are skipped."""
    from zoo.data import splits

    try:
        return splits.data_root()
    except FileNotFoundError as error:
        pytest.skip(f"The corpora are not here: {error}")


def _is_loopback(host: object) -> bool:
    """Whether a host, as it is passed to a socket, is this machine; no name but localhost is looked up."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return name in ("", "localhost")


def _refuse(host: object) -> None:
    if not _is_loopback(host):
        raise RuntimeError(f"Expected tests to stay on this machine, but one connects to {host!r}.")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Makes connections that leave this machine an error that names the host; loopback and Unix sockets work."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            _refuse(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if isinstance(address, tuple):
            _refuse(address[0])
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
        _refuse(host)
        return getaddrinfo(host, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield
