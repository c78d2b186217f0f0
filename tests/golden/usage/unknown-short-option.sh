edgectl build -z .
