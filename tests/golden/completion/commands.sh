edgectl __complete command pu
