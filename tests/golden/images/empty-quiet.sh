edgectl images -q
