"""The page for a second screen: all executions of a local cloud, live, in one page at `/workshop`."""
