printf 'services: {web: {image: i}}\n' >compose.yaml
edgectl compose config wbe
