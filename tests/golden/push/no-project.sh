edgectl push
