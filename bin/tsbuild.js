#!/bin/sh
':' //; exec node -- "$0" "$@"
// A shell starts Node with `--`, a program to its words. Without it Node takes `--env-file FILE` of `run` for its own:
// the NODE_OPTIONS in the file would be those of this process.
'use strict';
require('../dist/start-command.cjs');
