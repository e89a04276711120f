// The table of what executes steps takes for each kind what executes such steps, and nothing else. The types are what is tested.
import test from 'ava';
import type { Handlers } from '../../../src/builder/execute-plan.js';
import type { CopyStep, PlannedStep, RunStep, StepOf, WorkdirStep } from '../../../src/plan/step.js';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test('each kind has its type of step', (t) => {
  const run: Equal<StepOf<'run'>, RunStep> = true;
  const copy: Equal<StepOf<'copy'>, CopyStep> = true;
  const add: Equal<StepOf<'add'>, CopyStep> = true;
  const workdir: Equal<StepOf<'workdir'>, WorkdirStep> = true;
  const all: Equal<StepOf<PlannedStep['kind']>, PlannedStep> = true;
  const handled: Equal<Parameters<Handlers['add']>[1], CopyStep> = true;
  t.deepEqual([run, copy, add, workdir, all, handled], [true, true, true, true, true, true]);
});
