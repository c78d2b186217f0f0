printf 'services: {web: {image: w}, app: {image: a}}\n' >compose.yaml
edgectl compose -p p config --hash web,app | sed 's/[0-9a-f]\{64\}/HASH/'
edgectl compose -p p config --hash wep
