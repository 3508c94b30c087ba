#!/bin/sh
# Prints the prefix whose include/node holds Node's headers, for node-gyp's --nodedir: the running node's own, else the distribution's.
# Prints nothing where there are none; node-gyp then downloads them.
own=$(node -p 'path.dirname(path.dirname(process.execPath))')
for prefix in "$own" /usr; do
  if [ -e "$prefix/include/node/node_api.h" ]; then echo "$prefix"; exit 0; fi
done
