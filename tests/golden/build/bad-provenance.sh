edgectl build --provenance=sometimes .
