edgectl prune --filter until=soon --force
