// A small build as data of a report, for its tests.
import type { DiffId } from '../../src/core/digest.js';
import type { ImageContents } from '../../src/image-contents/image-contents.js';
import type { ReportData } from '../../src/report/report-data.js';

const DIFF_ID = `sha256:${'1'.repeat(64)}` as DiffId;
const DIGEST = `sha256:${'d'.repeat(64)}`;

export const CONTENTS: ImageContents = {
  layers: [
    {
      diffId: DIFF_ID,
      size: 9000,
      createdBy: 'COPY src /src # buildkit',
      added: 3,
      changed: 0,
      deleted: 0,
      bytesAdded: 8000,
    },
    {
      diffId: DIFF_ID,
      size: 3000,
      createdBy: '/bin/sh -c make',
      added: 1,
      changed: 1,
      deleted: 1,
      bytesAdded: 2000,
    },
  ],
  size: 7000,
  files: 3,
  largestFiles: [
    { path: 'src/lib/large.js', size: 4000, layer: 0 },
    { path: 'out/app', size: 2000, layer: 1 },
  ],
  root: {
    name: '',
    size: 7000,
    files: 3,
    children: [
      {
        name: 'src',
        size: 5000,
        files: 2,
        children: [{ name: 'lib', size: 4000, files: 1, children: [] }],
      },
      { name: 'out', size: 2000, files: 1, children: [] },
    ],
  },
  wasted: [
    { path: 'src/tmp', size: 2000, layer: 0, by: 1, how: 'deleted' },
    { path: 'src/old', size: 1000, layer: 0, by: 1, how: 'replaced' },
  ],
  wastedFiles: 2,
  wastedBytes: 3000,
};

/** A build of two stages that was pushed; its first step was a hit, its second limited it. */
export function smallBuild(): ReportData {
  return {
    build: {
      id: 'mx3n2q23scs2',
      started: 1_796_065_583.9,
      duration: 12.5,
      status: 'done',
      context: '/home/me/app',
      tags: ['registry.test/app:1'],
      digest: DIGEST,
    },
    stages: [
      {
        id: 'stage 0',
        name: 'files',
        platform: 'linux/amd64',
        base: 'scratch',
        line: 1,
        needs: [],
        steps: [{ id: 'a', startLine: 2, endLine: 2 }],
      },
      {
        id: 'stage 1',
        name: 'stage-1',
        platform: 'linux/amd64',
        base: 'node:22',
        line: 3,
        needs: ['stage 0'],
        steps: [{ id: 'b', startLine: 4, endLine: 5, needs: ['stage 0'] }],
      },
    ],
    steps: [
      {
        id: 'definition',
        name: '[internal] load build definition',
        outcome: 'ran',
        isInstruction: false,
        start: 0,
        end: 0.1,
        reasons: [],
      },
      {
        id: 'a',
        name: '[files 1/1] COPY src /src',
        outcome: 'cached',
        isInstruction: true,
        lines: { start: 2, end: 2 },
        start: 0.2,
        end: 0.2,
        reasons: ['taken from the store'],
      },
      {
        id: 'b',
        name: '[stage-1 1/1] RUN make',
        outcome: 'ran',
        isInstruction: true,
        lines: { start: 4, end: 5 },
        start: 0.3,
        work: 2,
        end: 12,
        reasons: ['src changed'],
      },
    ],
    criticalPath: [{ id: 'b', seconds: 11.7 }],
    images: [
      {
        platform: 'linux/amd64',
        digest: DIGEST,
        layers: [
          { diffId: DIFF_ID, size: 9000, createdBy: 'COPY src /src # buildkit' },
          { diffId: DIFF_ID, size: 3000, createdBy: '/bin/sh -c make' },
        ],
        contents: CONTENTS,
      },
    ],
    warnings: [
      {
        rule: 'FromAsCasing',
        message: "'as' and 'FROM' keywords' casing do not match",
        detail: 'The casing should match.',
        url: 'https://docs.docker.com/go/dockerfile/rule/from-as-casing/',
        location: {
          file: 'Dockerfile',
          startLine: 1,
          endLine: 1,
          lines: [
            { number: 1, text: 'FROM scratch as files', isMeant: true },
            { number: 2, text: 'COPY src /src', isMeant: false },
          ],
        },
      },
    ],
    notes: ['the sandbox uses isolation userns'],
    pushed: [{ name: 'registry.test/app:1', digest: DIGEST, sent: 4000 }],
  };
}

/** The same build, when its second step failed. */
export function failedBuild(): ReportData {
  const { build, steps, ...rest } = smallBuild();
  const { digest: _digest, ...header } = build;
  return {
    ...rest,
    build: {
      ...header,
      status: 'error',
      error: {
        code: 'STEP_EXIT_NONZERO',
        message: 'process "make" did not complete',
        hint: 'look at line 4',
      },
    },
    steps: steps.map((step) =>
      step.id === 'b'
        ? { ...step, outcome: 'failed', log: { lines: ['cc main.c', 'main.c:3: error'], left: 7 } }
        : step,
    ),
    images: [],
    pushed: [],
  };
}
