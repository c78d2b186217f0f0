mkdir "My Board 2" && cd "My Board 2" && edgectl init --template shell -y && head -n 1 compose.yaml
