# What is shown for compose.yaml is YAML that can be pasted there.
{
    printf 'services:\n  main:\n'
    edgectl board show jetson-agx-orin-devkit | sed '1,/compose.yaml:/d'
} >compose.yaml
cat compose.yaml
