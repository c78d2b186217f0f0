printf 'services: {a: {image: i}}\n' >compose.yaml
edgectl compose config -q
