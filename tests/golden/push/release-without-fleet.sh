edgectl push --channel stable
