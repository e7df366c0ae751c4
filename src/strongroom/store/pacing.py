"""What an object storage's answers tell of the pace it wants: S3 and its like, Azure, Google Cloud.

================================================  ====================
answer                                            outcome
================================================  ====================
``SlowDown``, ``RequestLimitExceeded``,
``ServerBusy``, ``rateLimitExceeded`` and so on   throttled
429, 503, or any other failure with a wait        throttled
``RequestTimeout``, ``OperationTimedOut``         timeout
408, 504, or silence                              timeout
500, 502, a connection that broke                 broken
403, 404, 409, 412 and every other no             ok
================================================  ====================

The code is asked before the status, since the same is said with different ones: Azure times out
with 500 and with 503, Google refused with 403 for years, S3 times out with 400. All of it is taken
to speak of the whole storage: what these count by (a prefix, a partition, an account) moves while
they are used, and no answer names it.

Source:
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
    https://learn.microsoft.com/azure/storage/blobs/scalability-targets
    https://cloud.google.com/storage/docs/retry-strategy
    https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

from datetime import datetime

from strongroom.pace.http_status import told_by_status
from strongroom.pace.rate_limit import with_quota
from strongroom.pace.retry_after import Header, retry_after_s
from strongroom.pace.told import Told
from strongroom.slots.api import Outcome

_BUSY = frozenset(
    {
        # S3 and those who speak like it
        "SlowDown",
        "ServiceUnavailable",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequests",
        "TooManyRequestsException",
        # Azure
        "ServerBusy",
        # Google Cloud
        "rateLimitExceeded",
        "userRateLimitExceeded",
    }
)
_LATE = frozenset({"RequestTimeout", "RequestTimeoutException", "OperationTimedOut"})

NO_ANSWER_IN_TIME = Told(outcome=Outcome.TIMEOUT)
CONNECTION_BROKE = Told(outcome=Outcome.BROKEN)


def told_by_answer(status: int, code: str, header: Header, now: datetime) -> Told:
    """Say what one answer tells.

    Args:
        status: HTTP status code.
        code: The storage's own code or reason; empty for a success, or if it gave none.
        header: Its headers.
        now: Aware, UTC.
    """
    wait_s = retry_after_s(header, now)
    return with_quota(_told(status, code, wait_s), header)


def _told(status: int, code: str, wait_s: float | None) -> Told:
    if code in _BUSY or (code in _LATE and wait_s is not None):
        return Told(outcome=Outcome.THROTTLED, retry_after_s=wait_s)
    if code in _LATE:
        return NO_ANSWER_IN_TIME
    return told_by_status(status, wait_s)
