"""Groups of librdkafka in the ways that the scenario of the matrix leaves out. ARGUMENTS: ADDRESS KIND; fails where the group does not do as it should."""

import signal
import sys

from confluent import Confluent, Member
from scenario import Scenario, STEP_SECONDS

# What the members set, and whether they subscribe to a pattern.
KINDS = {
    "cooperative-sticky": ("classic", {"partition.assignment.strategy": "cooperative-sticky"}, False),
    "classic-pattern": ("classic", {}, True),
    "consumer-pattern": ("consumer", {}, True),
    "consumer-range": ("consumer", {"group.remote.assignor": "range"}, False),
    "consumer-rack": ("consumer", {"client.rack": "b"}, False),
}


class Kind(Confluent):
    def __init__(self, address, kind):
        super().__init__(address)
        self.name = kind
        _, self._settings, self._is_pattern = KINDS[kind]

    def member(self, topic, group, protocol, isolation="read_uncommitted", batch=500):
        config = {**self._base, "group.id": group, "group.protocol": protocol, "isolation.level": isolation, **self._settings}
        return Member(config, f"^{topic[:-2]}.*" if self._is_pattern else topic, batch)


def main(address, kind):
    signal.alarm(STEP_SECONDS)
    Scenario(Kind(address, kind)).group(KINDS[kind][0])


main(*sys.argv[1:])
