edgectl
