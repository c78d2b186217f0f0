edgectl build --frobnicate .
