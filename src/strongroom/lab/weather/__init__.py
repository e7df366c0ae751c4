"""Weather: how the lab's server behaves as a whole, by name.

``model`` says what there is, ``catalogue`` names it, ``stations`` decides what happens when, and
``weather`` waits. None of them knows a protocol: each face translates what it is told.
"""

from strongroom.lab.weather.catalogue import WEATHER, Forecast
from strongroom.lab.weather.model import Profile
from strongroom.lab.weather.tally import Tally
from strongroom.lab.weather.weather import Weather

__all__ = ["WEATHER", "Forecast", "Profile", "Tally", "Weather"]
