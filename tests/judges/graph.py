"""Graph clients that others wrote, pointed at a lab in this process.

``@microsoft/microsoft-graph-client`` runs under Node.js: it pages, batches, retries and follows
redirects its own way. MSAL gets the tokens. Where it and the lab disagree, the lab is wrong until
shown otherwise.
"""

from __future__ import annotations

import http.client
import os
import ssl
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msal
import orjson
import requests

from strongroom.lab.lab import Lab
from tests.judges.sharepoint import NODE, Task

_NPM = Path(__file__).with_name("npm")
HAS_GRAPH = (
    NODE is not None and (_NPM / "node_modules" / "@microsoft/microsoft-graph-client").is_dir()
)
NO_GRAPH = (
    "Node.js or @microsoft/microsoft-graph-client is not here (make judges): what it judges is"
    " NOT SHOWN"
)


class GraphJudge:
    """Asks the Graph of a lab as an application with a certificate."""

    def __init__(self, lab: Lab, ca_file: Path) -> None:
        self.lab = lab
        self.ca_file = ca_file
        ca_file.write_bytes(lab.ca_pem)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(ca_file)
        self.token = self._signed_in("Strongroom restore")

    @property
    def url(self) -> str:
        """Where Graph answers, without the version."""
        return self.lab.cloud.graph.url

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def ask(self, method: str, path: str, *, token: bool = True) -> requests.Response:
        """Send a plain request; ``path`` is below ``v1.0``."""
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        url = f"{self.url}/v1.0/{path}"
        return self.session.request(method, url, headers=headers, timeout=20, allow_redirects=False)

    def post(self, path: str, body: Any) -> requests.Response:
        """Post JSON; ``path`` is below ``v1.0``."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.url}/v1.0/{path}"
        return self.session.post(url, json=body, headers=headers, timeout=20)

    def bring(self, url: str, body: object, *, token: bool = False) -> tuple[int, Any]:
        """Send to an import session, by a client that writes no addresses down."""
        place = urlsplit(url)
        context = ssl.create_default_context(cadata=self.lab.ca_pem.decode())
        connection = http.client.HTTPSConnection(
            place.hostname or "", place.port, context=context, timeout=20
        )
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {self.token}"
        with closing(connection):
            where = f"{place.path}?{place.query}"
            connection.request("POST", where, orjson.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, orjson.loads(answer.read())

    def js(self, *tasks: Task) -> list[dict[str, Any]]:
        """Let the client do some of the tasks in ``npm/graph.js``; one process does them all."""
        assert NODE is not None
        asked = {
            "url": self.url,
            "token": self.token,
            "tasks": [{"task": one.name, "given": one.given} for one in tasks],
        }
        done = subprocess.run(
            [NODE, str(_NPM / "graph.js")],
            input=orjson.dumps(asked),
            capture_output=True,
            check=False,
            timeout=50,
            env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(self.ca_file)},
        )
        assert done.returncode == 0, done.stderr.decode()[-4000:]
        found: list[dict[str, Any]] = orjson.loads(done.stdout)
        return found

    def found(self, *tasks: Task) -> list[Any]:
        """The same, where no task may be refused."""
        told = self.js(*tasks)
        assert [one for one in told if "refused" in one] == []
        return [one["found"] for one in told]

    def _signed_in(self, name: str) -> str:
        known = next(one for one in self.lab.cloud.applications if one.name == name)
        certificate, key = known.certificate.split("-----BEGIN PRIVATE KEY-----")
        asked = msal.ConfidentialClientApplication(
            known.client_id,
            authority=self.lab.cloud.entra.authority(self.lab.cloud.tenant),
            instance_discovery=False,
            http_client=self.session,
            client_credential={
                "private_key": f"-----BEGIN PRIVATE KEY-----{key}",
                "public_certificate": certificate,
            },
        )
        answer = asked.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        assert "access_token" in answer, answer
        token: str = answer["access_token"]
        return token
