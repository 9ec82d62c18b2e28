limits = {"timeout_seconds": 45, "heartbeat_seconds": 8}
