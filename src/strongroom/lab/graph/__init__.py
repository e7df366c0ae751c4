"""Microsoft Graph, as far as signing in, registering an application and testing a connection go."""
