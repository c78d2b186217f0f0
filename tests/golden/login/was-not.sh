edgectl logout example.com
