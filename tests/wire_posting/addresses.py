"""An address of each sort, with a marked secret in each place that may hold one."""

from __future__ import annotations

from urllib.parse import quote

from tests.fakes.marked import MARK, canary

PASSWORD = quote(canary("channel's password"), safe="")
TOKEN = f"{MARK}x"
"""Where a service wants letters and digits only."""

SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{MARK}FgHiJkLmNoPqR"
TEAMS = f"workflows://hook.example/{MARK}/{TOKEN}"
OF_EACH_SORT = {
    "mail": f"mailtos://vault:{PASSWORD}@mail.example?to=ops@example.org",
    "Microsoft Teams": TEAMS,
    "Slack": SLACK,
    "webhook": f"jsons://vault:{PASSWORD}@hook.example/{TOKEN}?+X-Key={TOKEN}&-token={TOKEN}",
    "Google Chat": f"gchat://space/{TOKEN}/{TOKEN}",
    "Mattermost": f"mmosts://hook.example/{MARK}113474722377935511fc85d",
    "ntfy": f"ntfys://vault:{PASSWORD}@hook.example/{TOKEN}",
    "Gotify": f"gotifys://hook.example/{TOKEN}",
    "PagerDuty": f"pagerduty://{MARK}{'a' * 21}@{MARK}{'b' * 21}/vault/backup",
}
AS_GIVEN = {
    "Slack": f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{MARK}FgHiJkLmNoPqR",
    "Microsoft Teams": "https://prod-1.westeurope.logic.azure.com:443/workflows/"
    f"{MARK}/triggers/manual/paths/invoke?api-version=2016-06-01"
    f"&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={TOKEN}",
    "Google Chat": f"https://chat.googleapis.com/v1/spaces/AAA/messages?key={TOKEN}&token={TOKEN}",
}
"""As the services themselves give them."""
