edgectl push -- --insecure
