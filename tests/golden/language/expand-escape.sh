edgectl __expand --escape x 'y'
