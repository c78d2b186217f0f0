edgectl build --push .
