edgectl template show sell
