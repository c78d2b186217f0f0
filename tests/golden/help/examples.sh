# What the help texts show as examples is accepted, also where e2e/test_examples.py cannot carry it out: --help at the end is
# reached only if all words before it are right.
edgectl help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)  .*/\1/p' >commands
grep -q '^template update$' commands || echo "no commands"
while read -r command; do
    # shellcheck disable=SC2086 # "board ls" is two words
    edgectl help $command | sed -n 's/^    \(edgectl .*\)/\1/p'
done <commands >examples
while read -r example; do
    case $example in
    # Whose last words are a command's own.
    "edgectl device exec "* | "edgectl device ssh "* | "edgectl config show "*)
        echo "$example" | sed 's/^\(edgectl [a-z]* [a-z]*\( -[^ ]*\)*\)/\1 --help/' ;;
    *) echo "${example%%[|<>]*} --help" ;;
    esac >line
    sh line >/dev/null || echo "not accepted: $example"
done <examples
wc -l <examples | grep -q '[5-9][0-9]' || echo "few examples: $(wc -l <examples)"
