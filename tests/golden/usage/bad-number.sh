edgectl push --jobs many app:1
