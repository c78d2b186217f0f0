edgectl doctor
