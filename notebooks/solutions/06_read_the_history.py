goes_on = "ExecutionRedriven"
tries = 2
delivered = 2  # Monday's sessions, and Monday's visitors
