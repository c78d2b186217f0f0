edgectl inspect --raw --json app
