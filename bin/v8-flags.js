// When V8 begins to optimise code. Node 20 alone does so early that most of what it compiles is used a few times: in builds of small steps
// that takes a third of the processor.
'use strict';
const OPTIMISES_EARLY = process.versions.v8.startsWith('11.3.');
const USUAL_BUDGET = 67584;

/**
 * Code is optimised when it has run so many times as long as it usually must. Node has its own modules compiled for the usual flags only,
 * so what is needed of them is to be loaded before.
 */
function optimiseLater(times) {
  if (OPTIMISES_EARLY) require('node:v8').setFlagsFromString(`--interrupt-budget=${USUAL_BUDGET * times}`);
}

module.exports = { optimiseLater };
