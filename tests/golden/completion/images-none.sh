edgectl __complete image ""
test ! -e "$EDGECTL_ROOT" # completing creates nothing
