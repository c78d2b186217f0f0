printf 'version: "3"\nservices:\n  a:\n    image: i:${TAG}\n' >compose.yaml
edgectl compose config --images
