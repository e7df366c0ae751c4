"""How the lab's servers learn who speaks: Basic, NTLM, Negotiate, bearer tokens."""
