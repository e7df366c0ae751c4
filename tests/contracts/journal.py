"""What a restore's journal promises; a subclass says where it is kept with a fixture."""

from __future__ import annotations

import pytest

from strongroom.errors import IntegrityError
from strongroom.service.journals import Journals
from strongroom.words.json import Json

RUN, OTHER_RUN = "r1", "r2"


def lines_of(journals: Journals, run_id: str = RUN) -> list[dict[str, Json]]:
    with journals.open(run_id) as journal:
        return list(journal.lines())


class JournalContract:
    """Subclasses give ``journals`` with the runs ``RUN`` and ``OTHER_RUN``, and ``spoil``."""

    def spoil(self, journals: Journals) -> None:
        """Damage what was appended second."""
        raise NotImplementedError

    def test_it_is_empty_the_first_time(self, journals: Journals) -> None:
        assert lines_of(journals) == []

    def test_what_was_appended_is_read_again_in_its_order(self, journals: Journals) -> None:
        with journals.open(RUN) as journal:
            journal.append({"a": 1}, {"b": "ü\n\0\u2028"})
            journal.append({"c": [1, 2]})
            assert [*journal.lines()][-1] == {"c": [1, 2]}
        expected = [{"a": 1}, {"b": "ü\n\0\u2028"}, {"c": [1, 2]}]
        assert lines_of(journals) == expected

    def test_whoever_opens_it_again_goes_on_where_it_ended(self, journals: Journals) -> None:
        for number in range(3):
            with journals.open(RUN) as journal:
                assert list(journal.lines()) == [{"n": one} for one in range(number)]
                journal.append({"n": number})

    def test_a_long_one_is_read_to_its_end(self, journals: Journals) -> None:
        with journals.open(RUN) as journal:
            for number in range(120):
                journal.append({"n": number}, {"text": "x" * 1000})
        assert [line["n"] for line in lines_of(journals) if "n" in line] == [*range(120)]

    def test_each_run_has_its_own(self, journals: Journals) -> None:
        with journals.open(RUN) as journal, journals.open(OTHER_RUN) as other:
            journal.append({"a": 1})
            other.append({"b": 2})
        assert lines_of(journals) == [{"a": 1}]
        assert lines_of(journals, OTHER_RUN) == [{"b": 2}]

    def test_a_run_may_have_several(self, journals: Journals) -> None:
        for number in range(3):
            with journals.open(RUN, 7) as seventh, journals.open(RUN) as first:
                assert list(seventh.lines()) == [{"b": one} for one in range(number)]
                seventh.append({"b": number})
                first.append({"a": number})
        with journals.open(RUN, 8) as untouched:
            assert list(untouched.lines()) == []
        assert lines_of(journals) == [{"a": one} for one in range(3)]
        journals.remove(RUN)
        assert not journals.is_there(RUN)
        with journals.open(RUN, 7) as seventh:
            assert list(seventh.lines()) == []

    def test_once_removed_it_is_empty_and_its_neighbour_is_not(self, journals: Journals) -> None:
        assert not journals.is_there(RUN)
        for run_id in (RUN, OTHER_RUN):
            with journals.open(run_id) as journal:
                journal.append({"a": 1})
        assert journals.is_there(RUN)
        journals.remove(RUN)
        journals.remove(RUN)
        assert not journals.is_there(RUN)
        assert journals.is_there(OTHER_RUN)
        assert lines_of(journals) == []
        assert lines_of(journals, OTHER_RUN) == [{"a": 1}]

    def test_damage_in_the_middle_is_loud(self, journals: Journals) -> None:
        with journals.open(RUN) as journal:
            for number in range(3):
                journal.append({"n": number})
        self.spoil(journals)
        with pytest.raises(IntegrityError, match="2 is damaged") as caught:
            lines_of(journals)
        assert "--conflict skip" in caught.value.hint
