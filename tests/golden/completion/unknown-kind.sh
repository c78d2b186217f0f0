edgectl __complete nonsense x
