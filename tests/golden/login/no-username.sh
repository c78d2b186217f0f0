edgectl login --password-stdin example.com </dev/null
