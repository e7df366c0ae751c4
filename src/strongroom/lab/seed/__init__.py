"""What stands in the lab when it starts: a made-up organisation, benchmark loads, real mail.

Everything here is drawn from a ``random.Random`` that the caller seeds and from a ``now`` that the
caller gives: the same seed makes the same bytes, and no wall clock is read.
"""
