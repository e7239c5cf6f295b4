"""otp: processes, servers and supervisors on a few threads. Standard library only."""
