"""OpenLDAP's server judges how we speak with a directory.

It needs Debian's slapd; where that is not installed these tests say so and show nothing.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from strongroom.errors import AccessDenied
from strongroom.wire.autodiscover import DirectoryServicePoints, ServicePoint
from strongroom.wire.autodiscover.directory_sign_in import SimpleBind
from strongroom.wire.tls import Trust
from tests.fakes.hand_clock import HandClock
from tests.fakes.marked import given
from tests.wire_autodiscover.forest import BASE, POINTER, URL

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_SLAPD, _SLAPADD = shutil.which("slapd", path=_PATH), shutil.which("slapadd", path=_PATH)
pytestmark = pytest.mark.skipif(
    _SLAPD is None, reason="slapd is not here: that a real directory understands us is NOT SHOWN"
)
ADMIN, PASSWORD = f"CN=admin,{BASE}", "opens"
TEXT = "EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
SERVICE = "https://ex01.lab.example/Autodiscover/Autodiscover.xml"


@dataclass(frozen=True)
class Slapd:
    ldap_port: int
    ldaps_port: int
    trust: Trust


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("slapd")
    ports = _free_ports()
    trust = _configure(folder)
    assert _SLAPD is not None
    assert _SLAPADD is not None
    conf = str(folder / "slapd.conf")
    subprocess.run(
        [_SLAPADD, "-f", conf, "-l", str(folder / "data.ldif")], check=True, capture_output=True
    )
    where = f"ldap://127.0.0.1:{ports[0]} ldaps://127.0.0.1:{ports[1]}"
    with subprocess.Popen(
        [_SLAPD, "-f", conf, "-h", where, "-d", "stats"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if "slapd starting" in line:
                break
        else:
            pytest.fail("".join(told))
        # It says so a moment before it listens.
        while not all(_listens(port) for port in ports):
            assert process.poll() is None
        yield Slapd(ports[0], ports[1], trust)
        process.terminate()
        process.stderr.read()


def _listens(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return int(one.getsockname()[1]), int(two.getsockname()[1])


def _configure(folder: Path) -> Trust:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(given(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    (folder / "data").mkdir()
    (folder / "root.ldif").write_text(f"dn:\nconfigurationNamingContext: {BASE}\n")
    (folder / "slapd.conf").write_text(f"""
include /etc/ldap/schema/core.schema
attributetype ( 1.1.2.1.1 NAME 'keywords' {TEXT} )
attributetype ( 1.1.2.1.2 NAME 'serviceBindingInformation' {TEXT} )
attributetype ( 1.1.2.1.3 NAME 'configurationNamingContext' {TEXT} )
objectclass ( 1.1.2.2.1 NAME 'serviceConnectionPoint' SUP top STRUCTURAL MUST cn
  MAY ( keywords $ serviceBindingInformation ) )
objectclass ( 1.1.2.2.2 NAME 'configuration' SUP top STRUCTURAL MUST cn )
rootDSE {folder}/root.ldif
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
security ssf=128
access to dn.base="" by * read
access to * by anonymous auth
database ldif
suffix "{BASE}"
directory {folder}/data
rootdn "{ADMIN}"
rootpw {PASSWORD}
""")
    points = [
        ("EX01", [URL, "Site=Oslo"], SERVICE),
        ("EX02", [URL, "Site=Paris"], SERVICE.replace("01", "02")),
        ("Other", ["MSExchange"], "https://other.example"),
        ("Pointer", [POINTER, "Domain=else.example"], "LDAP://dc.else.example"),
    ]
    entries = [f"dn: {BASE}\nobjectClass: configuration\ncn: Configuration\n"]
    for name, keywords, binding in points:
        lines = "".join(f"keywords: {word}\n" for word in keywords)
        entries.append(
            f"dn: CN={name},{BASE}\nobjectClass: serviceConnectionPoint\ncn: {name}\n{lines}"
            f"serviceBindingInformation: {binding}\n"
        )
    (folder / "data.ldif").write_text("\n".join(entries))
    return Trust(ca_pem=authority.cert_pem.bytes().decode())


def points(slapd: Slapd, *, starts_plain: bool, password: str | None) -> list[ServicePoint]:
    return list(
        DirectoryServicePoints(
            "localhost",
            bind=None if password is None else SimpleBind(ADMIN, password),
            trust=slapd.trust,
            clock=HandClock(),
            site="Paris",
            port=slapd.ldap_port if starts_plain else slapd.ldaps_port,
            starts_plain=starts_plain,
        ).find("lab.example")
    )


@pytest.mark.parametrize("starts_plain", [False, True])
def test_its_service_points_are_found(slapd: Slapd, *, starts_plain: bool) -> None:
    assert points(slapd, starts_plain=starts_plain, password=PASSWORD) == [
        ServicePoint(url=SERVICE.replace("01", "02"), rank=1),
        ServicePoint(url=SERVICE, rank=3),
    ]


def test_its_refusal_is_understood(slapd: Slapd) -> None:
    with pytest.raises(AccessDenied, match="INVALID_CREDENTIALS"):
        points(slapd, starts_plain=True, password="wrong")


def test_it_tells_nothing_to_nobody(slapd: Slapd) -> None:
    assert points(slapd, starts_plain=False, password=None) == []
