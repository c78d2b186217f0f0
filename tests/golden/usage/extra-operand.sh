edgectl build . more
