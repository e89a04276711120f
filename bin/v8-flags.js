// When V8 begins to optimise code. Node 20 alone does so early that most of what it compiles is used a few times: in builds of small steps
// that takes a third of the processor. What runs for long is optimised all the same, some milliseconds later.
'use strict';
const v8 = require('node:v8');

const OPTIMISES_EARLY = process.versions.v8.startsWith('11.3.');

/** Node has its own modules compiled for the usual flags only, so what is needed of them is to be loaded before. */
function optimiseLate() {
  if (OPTIMISES_EARLY) v8.setFlagsFromString('--interrupt-budget=1000000');
}

function optimiseAsUsual() {
  if (OPTIMISES_EARLY) v8.setFlagsFromString('--interrupt-budget=67584');
}

module.exports = { optimiseLate, optimiseAsUsual };
