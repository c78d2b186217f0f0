# shellcheck disable=SC2016 # the variables are those of edgectl
edgectl __expand -e VERSION=1.2.3 'lib-${VERSION%.*}-${ARCH:-arm}'
edgectl __expand --mode words -e A='x  y' '1 $A "2 3"'
printf 'a "$A" \\$A\n' | edgectl __expand --mode heredoc -e A=b
edgectl __expand --mode display -e A=b 'echo "$A" ${C}'
edgectl __expand --escape '`' -e A=b 'c:\$A`$A'
edgectl __expand --json -e A=b '$A$B'
edgectl __expand --json --mode words -e A='b c' '$A'
