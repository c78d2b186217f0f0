edgectl images
