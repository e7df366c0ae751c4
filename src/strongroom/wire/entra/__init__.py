"""Entra ID, seen from a client: tokens for an application or a person, and plain words for no.

``clouds`` says where, ``app_only`` and ``person`` get tokens, ``tokens`` keeps one fresh for
``wire.sign_in.BearerSignIn``, ``refusals`` turns every AADSTS code into what a person can do.
"""
