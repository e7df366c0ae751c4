"""SharePoint clients that others wrote, pointed at a lab in this process.

``office365-rest-python-client`` asks verbosely and signs in by token or by NTLM; ``@pnp/sp`` runs
under Node.js, asks for minimal metadata and signs in by token. Where one of them and the lab
disagree, the lab is wrong until shown otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msal
import orjson
import requests
from office365.runtime.auth.token_response import TokenResponse
from office365.sharepoint.client_context import ClientContext
from requests.adapters import HTTPAdapter

from strongroom.lab.lab import Lab
from strongroom.lab.sharepoint.content.collection import SiteCollection

_NPM = Path(__file__).with_name("npm")
NODE = shutil.which("node")
HAS_PNP = NODE is not None and (_NPM / "node_modules" / "@pnp" / "sp").is_dir()
NO_PNP = "Node.js or @pnp/sp is not here (make judges): what it judges is NOT SHOWN"
HAS_CSOM = NODE is not None and (_NPM / "node_modules" / "csom-node").is_dir()
NO_CSOM = "Node.js or csom-node is not here (make judges): what it judges is NOT SHOWN"


@dataclass(frozen=True, slots=True)
class Task:
    """A function of ``npm/reading.js`` or ``npm/writing.js``, and what it is given."""

    name: str
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """``@pnp/sp`` says that the server refused; ``status`` is that of the answer."""

    status: int | None
    message: str


class _TrustsTheLab(HTTPAdapter):
    """Trusts the lab's authority whatever a request says, as its own server would be trusted."""

    def __init__(self, ca_file: Path) -> None:
        self._ca_file = str(ca_file)
        super().__init__()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, self._ca_file, cert)


class SharePointJudge:
    """Makes clients for a lab's two SharePoints, the tenant's and the farm's."""

    def __init__(self, lab: Lab, ca_file: Path) -> None:
        self.lab = lab
        self.ca_file = ca_file
        ca_file.write_bytes(lab.ca_pem)
        self._sessions: list[requests.Session] = []
        self._tokens: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """Close all connections."""
        for one in self._sessions:
            one.close()

    def online(self, path: str, *, application: str = "Strongroom restore") -> ClientContext:
        """Sign in to a site of the tenant, as an application with a certificate."""
        told = self.token(application)
        context = ClientContext(self.lab.cloud.sites.url + path)
        context.with_transport(session=self._session())
        return context.with_access_token(lambda: TokenResponse.from_json(told))

    def farm(self, path: str, *, user: str, password: str) -> ClientContext:
        """Sign in to a site of the farm by NTLM."""
        context = ClientContext(self.lab.url + path, allow_ntlm=True)
        context.with_transport(session=self._session())
        return context.with_user_credentials(user, password)

    def pnp(self, site: str, *tasks: Task) -> list[Any]:
        """Let ``@pnp/sp`` do some of the tasks in ``npm/``, and give what each found.

        One process does them all: most of the time is its start. What the server said no to comes
        back as ``Refused``.
        """
        assert NODE is not None
        asked = {
            "url": self.lab.cloud.sites.url + site,
            "token": self.token("Strongroom restore")["access_token"],
            "tasks": [{"task": one.name, "given": one.given} for one in tasks],
        }
        done = subprocess.run(
            [NODE, str(_NPM / "ask.js")],
            input=orjson.dumps(asked),
            capture_output=True,
            check=False,
            timeout=50,
            env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(self.ca_file)},
        )
        assert done.returncode == 0, done.stderr.decode()[-4000:]
        return [_told(one) for one in orjson.loads(done.stdout)]

    def token(self, application: str) -> dict[str, Any]:
        """Have MSAL get a token for the tenant's sites."""
        if application not in self._tokens:
            known = next(one for one in self.lab.cloud.applications if one.name == application)
            certificate, key = known.certificate.split("-----BEGIN PRIVATE KEY-----")
            asked = msal.ConfidentialClientApplication(
                known.client_id,
                authority=self.lab.cloud.entra.authority(self.lab.cloud.tenant),
                instance_discovery=False,
                http_client=self._session(),
                client_credential={
                    "public_certificate": certificate,
                    "private_key": f"-----BEGIN PRIVATE KEY-----{key}",
                },
            )
            answer = asked.acquire_token_for_client([f"{self.lab.cloud.sites.url}/.default"])
            assert "access_token" in answer, answer
            self._tokens[application] = answer
        return self._tokens[application]

    def collection(self, path: str) -> SiteCollection:
        """Look at a site of the tenant behind the server's back."""
        found = self.lab.cloud.farm_face.content.collection(path)
        assert found is not None
        return found

    def farm_collection(self, path: str) -> SiteCollection:
        """Look at a site of the farm behind the server's back."""
        found = self.lab.farm_face.content.collection(path)
        assert found is not None
        return found

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _TrustsTheLab(self.ca_file))
        self._sessions.append(session)
        return session


def _told(answer: Mapping[str, Any]) -> Any:
    refused = answer.get("refused")
    return Refused(refused["status"], refused["message"]) if refused else answer["found"]
