edgectl inspect app:1
