"""Exchange Server on-premises, through Exchange Web Services."""
