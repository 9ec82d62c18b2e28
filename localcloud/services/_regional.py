"""What a service holds, apart for each region: on AWS no region sees another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, MutableMapping
from typing import TypeVar

from localcloud.host import Host

K = TypeVar("K")
V = TypeVar("V")


class Regional(MutableMapping[K, V]):
    """A dict of the region in which the running request was made; it keeps the order of insertion.

    Args:
        cloud: whose `region` it is.
        first: what a region has from the beginning.
    """

    def __init__(self, cloud: Host, first: Callable[[], dict[K, V]] = dict) -> None:
        self._cloud = cloud
        self._regions: defaultdict[str, dict[K, V]] = defaultdict(first)

    def __getitem__(self, key: K) -> V:
        return self._regions[self._cloud.region][key]

    def __setitem__(self, key: K, value: V) -> None:
        self._regions[self._cloud.region][key] = value

    def __delitem__(self, key: K) -> None:
        del self._regions[self._cloud.region][key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._regions[self._cloud.region])

    def __len__(self) -> int:
        return len(self._regions[self._cloud.region])

    def everywhere(self) -> list[V]:
        """The values of all regions. From any thread."""
        return [value for region in list(self._regions.values()) for value in list(region.values())]
