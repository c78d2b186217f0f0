edgectl --verison
