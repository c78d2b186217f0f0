edgectl push localhost:1/app:1
