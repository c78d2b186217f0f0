edgectl init demo --template shel
