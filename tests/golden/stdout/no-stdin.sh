edgectl version <&-
