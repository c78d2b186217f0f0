edgectl build -t
