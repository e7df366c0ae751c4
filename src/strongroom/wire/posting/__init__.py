"""Messages to people and their programs: mail, chats, webhooks. Through ``apprise``, at our door.

``apprise`` knows how each service wants its messages. It is given no more than that: which
addresses there may be is decided in ``addresses``, and what it sends goes through ``door``, which
proves servers' names as everything else here does. What it would log is dropped (``quiet``), since
its words hold addresses, and those hold passwords and tokens.
"""
