edgectl board ls toaster
edgectl board ls toaster --json
edgectl board ls toaster -q
