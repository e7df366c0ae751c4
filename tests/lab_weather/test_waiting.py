"""Requests that wait in threads of their own, on a clock that nobody has to wait for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from strongroom.lab.weather import Profile, Weather
from strongroom.lab.weather.model import Away, Outage
from strongroom.lab.weather.visit import Asked, Stage
from tests.fakes.hand_clock import HandClock
from tests.lab_weather import refusals
from tests.lab_weather.hand import profile, workers

CROWD = 30


def _visit(weather: Weather, place: str) -> Stage:
    visit = weather.enter(Asked(caller="keeper", place=place), {})
    if visit.stage is Stage.AT_WORK and weather.finish(visit, items=1, size=100):
        assert b"".join(weather.send(visit, b"x" * 100)) == b"x" * 100
    weather.leave(visit)
    return visit.stage


def _crowd(weather: Weather) -> list[Stage]:
    with ThreadPoolExecutor(CROWD) as threads:
        return list(threads.map(lambda n: _visit(weather, f"box {n % 4}"), range(CROWD)))


def test_everybody_in_a_crowd_is_woken_when_it_is_their_turn() -> None:
    weather = Weather(profile(back_ends=workers(4)), clock=HandClock())

    assert _crowd(weather) == [Stage.SENT] * CROWD
    assert weather.tally().answered == CROWD


def test_no_more_are_at_work_at_once_than_there_are_workers() -> None:
    weather = Weather(profile(back_ends=workers(3)), clock=HandClock())
    lock, now, most = threading.Lock(), 0, 0

    def work(number: int) -> None:
        nonlocal now, most
        visit = weather.enter(Asked(caller="keeper", place=f"box {number}"), {})
        with lock:
            now += 1
            most = max(most, now)
        # Counted out before the weather hears of it, or the next one could be let in first.
        with lock:
            now -= 1
        weather.finish(visit, items=1, size=0)
        weather.leave(visit)

    with ThreadPoolExecutor(CROWD) as threads:
        list(threads.map(work, range(CROWD)))

    assert most <= 3


def test_an_outage_wakes_everybody_it_takes() -> None:
    weather = Weather(
        profile(back_ends=workers(1), outages=(Outage(start_s=3.5, end_s=1e6),)), clock=HandClock()
    )
    ends = _crowd(weather)

    assert ends.count(Stage.SENT) <= 3
    assert ends.count(Stage.LOST) == CROWD - ends.count(Stage.SENT)


@pytest.mark.parametrize("server", [profile(back_ends=workers(0)), refusals.always(Away.HANGS)])
def test_closing_ends_every_wait_and_opening_lets_requests_in_again(server: Profile) -> None:
    weather = Weather(server)
    weather.begin()
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(_visit, weather, "box") for _ in range(3)]
        weather.close()
        assert [one.result() for one in waiting] == [Stage.LOST] * 3
    assert _visit(weather, "box") is Stage.LOST
    weather.open()
    later = Weather(refusals.CONNECTIONS)
    later.close()
    later.open()

    assert _visit(later, "box") is Stage.REFUSED


def test_beginning_anew_forgets_what_was_counted_and_keeps_who_lives_where() -> None:
    clock = HandClock()
    outage = Outage(start_s=10, end_s=1e6)
    weather = Weather(profile(back_ends=workers(1) + workers(1), outages=(outage,)), clock=clock)
    homes = [weather.back_end_of(f"box {n}") for n in range(6)]
    clock.move(seconds=100)
    assert not weather.is_away, "its time begins with the first request"
    assert _visit(weather, "box 0") is Stage.SENT
    clock.move(seconds=100)
    assert weather.is_away
    weather.begin()

    assert not weather.is_away
    assert weather.tally().requests == 0
    for number in reversed(range(6)):
        visit = weather.enter(Asked(caller="keeper", place=f"box {number}"), {})
        assert visit.back_end == homes[number]
        weather.leave(visit)


def test_an_answer_that_nobody_takes_to_its_end_frees_the_line() -> None:
    slow = profile(cost=refusals.BREAKS.cost, back_ends=workers(9))
    weather = Weather(slow, clock=HandClock())
    visit = weather.enter(Asked(caller="keeper", place="box"), {})
    assert weather.finish(visit, items=1, size=10)
    pieces = weather.send(visit, b"x" * 10)
    pieces.close()
    weather.leave(visit)

    assert weather._stations.line.transfers == 0
    assert _visit(weather, "box") is Stage.SENT
