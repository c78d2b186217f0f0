edgectl init '' --template shell -y
