"""A certificate is renewed: the new one works and is kept before the old one goes."""

from __future__ import annotations

import pytest

from strongroom.compose.cloud_sign_ins import bearer_of
from strongroom.errors import AccessDenied, OperatorError
from strongroom.lab.entra.tenant import Tenant
from strongroom.lab.entra.words import User
from strongroom.service.application import Application
from strongroom.service.connections import ConnectionEdit
from strongroom.service.details import ConnectionDetails
from strongroom.service.ports import Purpose, Use
from strongroom.service.registration import RegistrationWish
from strongroom.wire.entra.rotation import Rotation
from tests.enrolment.conftest import People, registered
from tests.fakes.hand_clock import HandClock

WISH = RegistrationWish(can_restore=True)


@pytest.fixture
def office(
    application: Application, exchange: ConnectionDetails, people: People, admin: User
) -> ConnectionDetails:
    application.connections.add_registered("office", exchange, WISH, people.prompt(admin))
    people.shown.clear()
    return _kept(application)


def _kept(application: Application) -> ConnectionDetails:
    return application.connections.details(application.connections.record("office"))


def _signs_in(details: ConnectionDetails, clock: HandClock, purpose: Purpose) -> bool:
    assert details.endpoints is not None
    bearer = bearer_of(details, details.endpoints["graph"], Use(purpose=purpose), clock)
    try:
        return bool(bearer.headers())
    except AccessDenied:
        return False


def _all_sign_in(details: ConnectionDetails, clock: HandClock) -> bool:
    return all(_signs_in(details, clock, one) for one in (Purpose.BACKUP, Purpose.RESTORE))


def test_new_certificates_take_the_place_of_the_old_ones(
    application: Application,
    office: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
    clock: HandClock,
) -> None:
    made = application.connections.renew_certificate(
        "office", people.prompt(admin), sign_in="device-code"
    )
    now = _kept(application)
    assert [one.way for one in people.shown] == ["device-code"]
    assert now.certificate != office.certificate
    assert now.restore_certificate != office.restore_certificate
    assert _all_sign_in(now, clock)
    assert not _signs_in(office, clock, Purpose.BACKUP)
    assert not _signs_in(office, clock, Purpose.RESTORE)
    for one in made.report.applications:
        (certificate,) = registered(tenant, one.client_id).certificates
        assert one.certificate == certificate.sha256.hex().upper()
        assert one.certificate_ends
    assert made.view.client_id == office.client_id


def test_killed_before_the_old_one_goes_the_new_one_works_and_the_next_time_tidies_up(
    application: Application,
    office: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Rotation, "retire", die)
        with pytest.raises(KeyboardInterrupt):
            application.connections.renew_certificate("office", people.prompt(admin))
    assert _all_sign_in(_kept(application), clock)
    assert len(registered(tenant, office.client_id).certificates) == 2
    application.connections.renew_certificate("office", people.prompt(admin))
    assert len(registered(tenant, office.client_id).certificates) == 1
    assert _all_sign_in(_kept(application), clock)


def test_a_connection_that_was_edited_meanwhile_keeps_its_certificate_and_that_still_works(
    application: Application,
    office: ConnectionDetails,
    people: People,
    admin: User,
    clock: HandClock,
) -> None:
    def edit() -> None:
        application.connections.edit("office", ConnectionEdit(owners=("uid:7001",)))

    people.before = edit
    with pytest.raises(OperatorError, match="changed by somebody else"):
        application.connections.renew_certificate("office", people.prompt(admin))
    assert _kept(application).certificate == office.certificate
    assert _all_sign_in(_kept(application), clock)


def test_a_new_certificate_that_does_not_sign_in_is_not_kept_and_the_old_one_stays(
    application: Application,
    office: ConnectionDetails,
    people: People,
    admin: User,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OperatorError("The application is registered, but cannot sign in yet.")

    with monkeypatch.context() as patched:
        patched.setattr("strongroom.compose.renewing.prove", refuse)
        with pytest.raises(OperatorError, match="cannot sign in yet"):
            application.connections.renew_certificate("office", people.prompt(admin))
    assert _kept(application) == office
    assert _all_sign_in(office, clock)


def test_an_administrator_who_is_none_changes_nothing(
    application: Application,
    office: ConnectionDetails,
    people: People,
    ann: User,
    clock: HandClock,
) -> None:
    with pytest.raises(OperatorError):
        application.connections.renew_certificate("office", people.prompt(ann))
    assert _kept(application) == office
    assert _all_sign_in(office, clock)


def test_an_application_that_was_deleted_is_told_as_such(
    application: Application,
    office: ConnectionDetails,
    people: People,
    admin: User,
    tenant: Tenant,
) -> None:
    tenant.remove_application(registered(tenant, office.restore_client_id))
    with pytest.raises(OperatorError, match="no such application any more"):
        application.connections.renew_certificate("office", people.prompt(admin))
    assert _kept(application) == office
