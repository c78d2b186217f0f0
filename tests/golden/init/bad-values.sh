edgectl init demo --template shell --var interval=often
edgectl init demo --template shell --var intervall=3
edgectl init demo --template shell --var interval
edgectl init demo --template shell --name Demo
edgectl init demo --template shell --registry team
ls
