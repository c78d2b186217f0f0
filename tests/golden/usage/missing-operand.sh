edgectl pull
