# A template of one's own, with what the language has.
mkdir -p t/etc
cat >t/template.yaml <<'END'
name: mine
summary: Of my own
peripherals: [i2c]
variables:
  mode: { question: Which one, choices: [small, large], default: small }
  size: { type: integer, if: mode == "large", default: 7 }
files:
  - { path: large.txt, if: mode == "large" }
END
printf 'services:\n  {{ name }}:\n    image: {{ image }}\n    {{ board.compose }}\n' >t/compose.yaml
echo 'size {{ size }} on {{ board.name }} ({{ board.arch }}, {{ platform }})' >t/large.txt
echo 'mode={{ mode }}' >'t/etc/{{ name }}.conf'
edgectl template show ./t
edgectl init a --template ./t --board raspberrypi4-64 -y >/dev/null && find a -type f | sort && cat a/compose.yaml
edgectl init b --template ./t --board raspberrypi4-64 -y --var mode=large >/dev/null && cat b/large.txt b/etc/b.conf
