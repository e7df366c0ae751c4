"""Steps from one version of the control database to the next, run by Alembic when it is opened."""
