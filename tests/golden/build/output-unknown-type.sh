edgectl build --output type=zip,dest=x .
