edgectl board ls --arch armv9h
