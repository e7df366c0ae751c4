"""The running service: verbs called by other processes of this machine, over a socket in the home.

=================  ==========================================================================
``channel``        JSON messages over a socket, of limited length and depth, in limited time
``messages``       what may be said
``peer``           who is at the other end, as the operating system says
``address``        where the socket lies
``conversation``   the service's end of one connection: one session
``server``         takes connections, a limited number of each account
``client``         the caller's end of one connection
``proxy``          the verbs, as callers know them from ``service.application``
=================  ==========================================================================
"""
