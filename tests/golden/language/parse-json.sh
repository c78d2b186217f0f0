printf '# escape=`\nFROM debian\nCOPY --chown=1 <<"EOF" <<-B /x\nhello\nEOF\n\tbye\nB\nNOPE\n' | edgectl __parse --json
