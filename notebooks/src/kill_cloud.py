"""The third switch of notebook 08."""


def kill_cloud(workshop):
    """End the local cloud's process in an instant, as a crash would. AWS stays as it is.

    Args:
        workshop: what connect() returned.
    """
    if workshop.cloud is None:
        print("AWS is not for us to kill: the next cells run as they are.")
        return
    workshop.cloud.process.kill()
    workshop.cloud.process.wait()
    print("Killed: the process that runs the state machines, the services and the data.")
