"""Entra ID as far as signing in goes: tenants, people, applications, tokens.

``directory`` keeps what there is and lets a test do what an administrator does; ``face`` answers
HTTPS below ``/entra/``; ``verify`` tells the other faces of the lab what a token is worth.
"""
