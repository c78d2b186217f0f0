edgectl board lst
