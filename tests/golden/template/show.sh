edgectl template show shell
