edgectl __complete template c
