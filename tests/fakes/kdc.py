"""MIT's Kerberos on loopback: a realm of its own in a folder, for one test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

REALM = "LAB.EXAMPLE"
_TOOLS = ("krb5kdc", "kdb5_util", "kadmin.local")
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def missing() -> str:
    """Say what is not here for a Kerberos test to run; empty if all is."""
    tools = [tool for tool in _TOOLS if shutil.which(tool, path=_PLACES) is None]
    modules = [name for name in ("gssapi", "krb5") if find_spec(name) is None]
    return ", ".join([*tools, *modules])


class Kdc:
    """A running key distribution centre.

    Attributes:
        environment: What a process needs to use it; the server's key table included.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environment: Mapping[str, str] = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5_KTNAME": str(folder / "server.keytab"),
            "KRB5_CLIENT_KTNAME": str(folder / "none.keytab"),
            "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
        }

    def add_person(self, name: str, password: str) -> None:
        """Make an account with a password."""
        self._admin(f"addprinc -pw {password} {name}")

    def add_server(self, name: str) -> None:
        """Make a server's account and put its key into the server's key table."""
        self._admin(f"addprinc -randkey {name}")
        self._admin(f"ktadd -k {self._folder / 'server.keytab'} {name}")

    def key_table_of(self, name: str, path: Path) -> bytes:
        """Write a person's key table, and give what is in it; the password stays."""
        self._admin(f"ktadd -norandkey -k {path} {name}")
        return path.read_bytes()

    def sign_in(self, name: str, password: str) -> None:
        """Do what ``kinit`` does: from now on the system holds a ticket."""
        self.run("kinit", name, told=password)

    def run(self, tool: str, *arguments: str, told: str = "") -> None:
        """Run one of MIT's tools in this realm."""
        subprocess.run(
            [shutil.which(tool, path=_PLACES) or tool, *arguments],
            env={**os.environ, **self.environment},
            input=told, check=True, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def _admin(self, command: str) -> None:
        self.run("kadmin.local", "-r", REALM, "-q", command)


@contextmanager
def kdc(folder: Path) -> Iterator[Kdc]:
    """Make a realm and run its centre until the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "krb5.conf").write_text(
        f"""[libdefaults]
            default_realm = {REALM}
            dns_lookup_kdc = false
            dns_lookup_realm = false
            dns_canonicalize_hostname = false
            rdns = false
            udp_preference_limit = 1
        [realms]
            {REALM} = {{
                kdc = 127.0.0.1:{port}
            }}
        [domain_realm]
            localhost = {REALM}
        [logging]
            kdc = FILE:{folder / "kdc.log"}
        """
    )
    (folder / "kdc.conf").write_text(
        f"""[kdcdefaults]
            kdc_listen = ""
            kdc_tcp_listen = 127.0.0.1:{port}
        [realms]
            {REALM} = {{
                database_name = {folder / "principal"}
                key_stash_file = {folder / "stash"}
                acl_file = {folder / "acl"}
            }}
        """
    )
    made = Kdc(folder)
    made.run("kdb5_util", "-r", REALM, "-P", "of no importance", "create", "-s")
    # It puts itself into the background once it listens.
    made.run("krb5kdc", "-r", REALM, "-P", str(folder / "pid"))
    try:
        yield made
    finally:
        os.kill(int((folder / "pid").read_text()), signal.SIGTERM)
