mkdir a b
printf 'FROM scratch AS base\n' >a/Dockerfile
printf 'FROM scratch\nMAINTAINER me\n' >b/Dockerfile
printf 'services: {a: {build: a}, b: {build: b}}\n' >compose.yaml
edgectl build --call=check,format=json | python3 -c '
import json, sys
for name, report in json.load(sys.stdin).items():
    print(name, [warning["ruleName"] for warning in report["warnings"]])
'
edgectl build --check
