// Checks who imports whom (.dependency-cruiser.cjs) over src and test, that the unit tests mirror src, and that the modules were seen at
// all: with a TypeScript that it cannot load, dependency-cruiser finds no module and calls that "no violations".
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTypeScriptConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { unitTestComplaints } from './layering/unit-tests.mjs';

const LEAST_MODULES = 40;

const { options, ...ruleSet } = await extractConfig('./.dependency-cruiser.cjs');
const { output } = await cruise(
  ['src', 'test'],
  { ...options, ruleSet, validate: true },
  { ...options.enhancedResolveOptions },
  { tsConfig: extractTypeScriptConfig(options.tsConfig.fileName) },
);

const { modules, summary } = output;
const ours = modules.filter(({ source }) => /^src\/.*\.ts$/.test(source));
const importCount = ours.reduce((count, { dependencies }) => count + dependencies.length, 0);
console.log(
  `layering: ${ours.length} modules of src, ${importCount} imports, ${summary.violations.length} violations`,
);
for (const { rule, from, to, cycle } of summary.violations) {
  const path = cycle ? [from, ...cycle.map((step) => step.name ?? step)] : [from, to];
  console.error(`  ${rule.name}: ${path.join(' -> ')}`);
}
const complaints = unitTestComplaints(modules);
for (const complaint of complaints) console.error(`  ${complaint}`);
const isBlind = ours.length <= LEAST_MODULES;
if (isBlind) console.error(`  saw ${ours.length} modules of src; more than ${LEAST_MODULES} are expected`);
process.exitCode = isBlind || summary.violations.length + complaints.length > 0 ? 1 : 0;
