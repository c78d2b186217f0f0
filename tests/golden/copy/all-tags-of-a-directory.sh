edgectl copy --all-tags oci:dir example.com/app
