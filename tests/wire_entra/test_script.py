"""The script holds what is wanted, the certificate, and neither a key nor anybody's quotes."""

from __future__ import annotations

import pytest

from strongroom.errors import OperatorError
from strongroom.wire.entra.registration import Permission
from strongroom.wire.entra.script import registration_script
from tests.lab_entra.certificates import KeyPair
from tests.wire_entra.conftest import certificate_of

EXPORT = Permission(resource="00000003-0000-0000-c000-000000000000", name="MailboxItem.Export.All")


def test_the_script_names_each_permission_and_holds_the_certificate_without_its_key(
    key_pair: KeyPair,
) -> None:
    text = registration_script("Strongroom backup", certificate_of(key_pair), [EXPORT])
    assert f"@{{ Api = '{EXPORT.resource}'; Name = '{EXPORT.name}' }}" in text
    assert key_pair.modern["public_certificate"].strip() in text
    assert "PRIVATE" not in text
    assert key_pair.modern["private_key"].splitlines()[1] not in text
    assert "{{" not in text


@pytest.mark.parametrize("name", ["a'; Remove-Item", "a\nb", "", "a\u2019b", "$(x)"])
def test_a_name_that_could_be_a_command_is_refused(name: str, key_pair: KeyPair) -> None:
    with pytest.raises(OperatorError):
        registration_script(name, certificate_of(key_pair), [EXPORT])
