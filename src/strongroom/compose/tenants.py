"""What the verbs ask of a tenant: to sign a person in, and to register applications there.

Loaded when it is asked for: cryptography and HTTP take a while to load, and most commands need
neither.
"""

from __future__ import annotations

from dataclasses import replace

from strongroom.clock import Clock
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import KeepCertificates, Ports, Prompt, SignedIn
from strongroom.service.registration import Registered, RegistrationReport, RegistrationWish


def with_tenants(ports: Ports, clock: Clock) -> Ports:
    """Join the verbs with real tenants."""

    def sign_in_person(details: ConnectionDetails, prompt: Prompt) -> SignedIn:
        from strongroom.compose import enrolment  # noqa: PLC0415 - see above

        return enrolment.sign_in_person(details, prompt, clock)

    def register(details: ConnectionDetails, wish: RegistrationWish, prompt: Prompt) -> Registered:
        from strongroom.compose import registering  # noqa: PLC0415 - see above

        return registering.register(details, wish, prompt, clock)

    def renew_certificates(
        details: ConnectionDetails,
        wish: RegistrationWish,
        prompt: Prompt,
        keep: KeepCertificates,
    ) -> RegistrationReport:
        from strongroom.compose import renewing  # noqa: PLC0415 - see above

        return renewing.renew_certificates(details, wish, prompt, keep, clock)

    def registration_script(details: ConnectionDetails, wish: RegistrationWish) -> str:
        from strongroom.compose import registration_plan  # noqa: PLC0415 - see above

        return registration_plan.registration_script(details, wish, clock)

    return replace(
        ports,
        sign_in_person=sign_in_person,
        register=register,
        renew_certificates=renew_certificates,
        registration_script=registration_script,
    )
