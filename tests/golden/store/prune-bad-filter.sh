edgectl prune --filter colour=red --force
