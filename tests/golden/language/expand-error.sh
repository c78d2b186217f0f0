# shellcheck disable=SC2016 # the variables are those of edgectl
edgectl __expand 'x${A:?is missing}'
