"""`python -m tools.soak.forks 500`: of so many random machines, every fork that changes nothing is what it forks."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator

from tools.soak.machines import World, input_of, machine


def trouble(world: World, seed: int, forks: int = 2) -> Iterator[str]:
    """What does not hold of a random machine's execution, forked at so many random visits."""
    definition, chance = machine(seed), random.Random(seed)
    one = world.run(definition, input_of(seed))
    entered = [each for each in one.history.events if each["type"].endswith("StateEntered")]
    for moment in chance.sample(entered, min(forks, len(entered))):
        name = moment["stateEnteredEventDetails"]["name"]
        same = [each["id"] for each in entered if each["stateEnteredEventDetails"]["name"] == name]
        visit = same.index(moment["id"]) + 1
        world.calls.clear()
        two = world.fork(one, definition, name, visit)
        where = f"machine {seed}, visit {visit} of {name}"
        # Byte for byte, but for its own name.
        if json.dumps(two.history.events).replace(":m:fork", ":m:one") != json.dumps(one.history.events):
            yield f"{where}: another history"
        after = [each for each in one.history.events if each["type"] == "TaskScheduled" and each["id"] > moment["id"]]
        if len(world.calls) != len(after):
            yield f"{where}: {len(world.calls)} calls, where {len(after)} tasks begin after it"


def main() -> int:
    """Try as many machines as the command line says; returns 1 when anything was found."""
    count, started, found, world = int(sys.argv[1]), time.monotonic(), 0, World()
    for seed in range(count):
        for problem in trouble(world, seed):
            found += 1
            print(problem)
    world.close()
    print(f"{count} machines: {found or 'nothing'} found, {time.monotonic() - started:.0f} s")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
