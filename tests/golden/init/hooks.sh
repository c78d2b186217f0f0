mkdir t
printf 'name: t\nsummary: T\nhooks:\n  after: touch /tmp/here\n' >t/template.yaml
edgectl init demo --template ./t -y
