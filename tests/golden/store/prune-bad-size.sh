edgectl prune --force --max-used-space lots
