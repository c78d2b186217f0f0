edgectl help push
