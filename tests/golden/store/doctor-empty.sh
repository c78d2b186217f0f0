edgectl doctor --store --json
