edgectl build -t App:1 .
