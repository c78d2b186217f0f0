edgectl build --file
