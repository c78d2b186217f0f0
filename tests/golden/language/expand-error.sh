edgectl __expand 'x${A:?is missing}'
