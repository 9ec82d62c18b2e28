"""An interpreter of the Amazon States Language, on a virtual clock.

It knows no HTTP, no moto and no AWS client: tasks, tokens and objects come through `environment`. From the top down,
each module importing only what stands below it:

    test_state      one state on its own, for TestState; test_state_request reads what it is asked
    execution       one execution, from start to end
    compiler        from a definition to a machine: the table of state types
    distributed     the Map that starts child executions, its reader, batcher and writer; its map run, which sees
                    executions by a protocol only, stands below running
    states          the other state types
    machine         machines and states: entered, retried, caught, left
    retry           Retry and Catch
    dataflow        what a state does with its data, step by step
    language        the fields of states in JSONPath and in JSONata, as one kind of expression
    running         where a machine stands: frames (threads of events) and visits of states
    environment     what the world provides: a clock, integrations, task tokens, objects
    choice, templates, intrinsics, jsonpath, jsonata    expressions themselves
    history, data, errors, randomness, timestamps       values
    validation      whether a definition is one: beside all of this, used before it
"""

from __future__ import annotations
