printf 'FROM debian AS base\nRUN --network=none make \\\n  all\nCMD ["a", "b"]\nONBUILD RUN x\nENV A=b C="d e"\nNOPE x\n' | edgectl __parse
