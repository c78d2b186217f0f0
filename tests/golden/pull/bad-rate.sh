edgectl pull --limit-rate abc debian:12
