edgectl prune --force --dry-run
