"""The operations of EWS, one file per group, and the table of them all."""
