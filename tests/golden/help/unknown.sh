edgectl help bulid
