"""An interpreter of the Amazon States Language, on a virtual clock.

It knows no HTTP, no moto and no AWS client: tasks, tokens and objects come through `environment`.
"""

from __future__ import annotations
