"""A domain controller by DNS, as Windows finds one; believed only as far as its name tells.

Source:
    https://learn.microsoft.com/openspecs/windows_protocols/ms-adts/7fcdce70-5205-44d6-9c3a-260e616a2f04
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from strongroom.errors import OperatorError, StrongroomError
from strongroom.wire.autodiscover.address import is_host_name, is_within
from strongroom.wire.autodiscover.seams import ServicePoint, ServicePoints, ServiceRecords

_CONTROLLERS_MAX = 3


class DirectoryByDns:
    """Asks the domain controllers that the DNS names, until one answers.

    Whoever can forge an answer of the DNS could name a server of theirs, with a certificate of its
    own. So one outside the asked domain gets no credential before a person said yes to it.

    Args:
        dns: For service records.
        ask: Makes ready to ask one controller; nothing is sent yet.
        confirm: Asks a person: the question, and what speaks against a yes.
    """

    def __init__(
        self,
        dns: ServiceRecords,
        *,
        ask: Callable[[str], ServicePoints],
        confirm: Callable[[str, Sequence[str]], bool],
    ) -> None:
        self._dns = dns
        self._ask = ask
        self._confirm = confirm

    def find(self, domain: str) -> Sequence[ServicePoint]:
        """As ``ServicePoints`` says."""
        name = f"_ldap._tcp.dc._msdcs.{domain}"
        records = sorted(self._dns.find(name), key=lambda one: (one.priority, -one.weight))
        last: StrongroomError | None = None
        for record in records[:_CONTROLLERS_MAX]:
            if not self._is_admitted(record.target, domain):
                continue
            try:
                return self._ask(record.target).find(domain)
            except StrongroomError as error:
                last = error
        if last is not None:
            raise last
        raise OperatorError(
            "The DNS names no domain controller that may be asked.",
            why=f"Looked for was {name}.",
            hint="Name one: --directory HOST.",
        )

    def _is_admitted(self, host: str, domain: str) -> bool:
        if not is_host_name(host):
            return False
        if is_within(host, domain):
            return True
        return self._confirm(
            f"The DNS names {host} as domain controller of {domain}. Sign in to it?",
            (
                f"{host} is outside {domain}.",
                "It came without TLS: anybody on the network in between could have written it.",
            ),
        )
