"""What measured times mean, whatever kind of server they are of: pure, from numbers to words."""
