edgectl template ls --json | python3 -c 'import json, sys
for t in json.load(sys.stdin): print(t["name"], len(t["files"]) > 3, [v["name"] for v in t["variables"]])'
