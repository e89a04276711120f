// What containers and their images write, and what is read of them: records of logs, accounts, the command lines of processes.
import assert from 'node:assert/strict';
import { byteMutator } from '../mutate-bytes.mjs';
import { load } from '../load.mjs';

const MAX_ID = 2 ** 31 - 1;

function recordOf(stream, text) {
  const header = Buffer.alloc(16);
  header[0] = stream;
  header.writeUInt32LE(Buffer.byteLength(text), 4);
  header.writeBigUInt64LE(1_700_000_000_123_456_789n, 8);
  return Buffer.concat([header, Buffer.from(text)]);
}

const LOG = Buffer.concat([
  recordOf(1, 'a line\n'),
  recordOf(2, 'an error'),
  recordOf(0, '\x01\0\0\0\x07\0\0\0'),
]);

/** Whole records and a rest are the bytes again, and what is found in a large log is where a record begins. */
async function readLog() {
  const [{ decodeRecords, encodeRecord }, { findBoundary }] = await Promise.all(
    ['containers/logs/log-records', 'containers/logs/find-boundary'].map(load),
  );
  return async (bytes) => {
    const long = Buffer.concat(Array.from({ length: Math.ceil(280_000 / (bytes.length + 1)) }, () => bytes));
    const boundary = findBoundary(long);
    const { records, rest } = decodeRecords(bytes);
    assert.ok(
      Buffer.concat([...records.map(encodeRecord), rest]).equals(bytes),
      'other bytes than were read',
    );
    return [records.length, boundary ?? 'none'];
  };
}

async function readAccounts() {
  const [{ parsePasswd, parseGroups, execUserOf }, { TsbuildError }] = await Promise.all(
    ['layer/accounts/account-rows', 'core/errors'].map(load),
  );
  return async (bytes) => {
    const text = bytes.toString('utf8');
    return ['', 'root', 'app', 'app:extra', '7', '0:app'].map((spec) => {
      try {
        const user = execUserOf(parsePasswd(text), () => parseGroups(text), spec);
        for (const id of [user.uid, user.gid, ...user.groups])
          assert.ok(Number.isInteger(id) && id >= 0 && id <= MAX_ID, `${id} is no id`);
        return user;
      } catch (error) {
        if (error instanceof TsbuildError) return error.code;
        throw error;
      }
    });
  };
}

async function readProcess() {
  const { processRow } = await load('containers/rules/process-row');
  return async (bytes) => {
    const stat = bytes.toString('utf8');
    return (
      processRow({ pid: 7, stat, cmdline: stat, uid: 0 }, { uptime: 100, now: 1_700_000_000_000 }) ?? 'none'
    );
  };
}

const seed = (text) => ({ name: 'seed', bytes: Buffer.from(text), isRejected: false });

export const containerTargets = [
  {
    name: 'container-log',
    mutate: byteMutator(['\x01\0\0\0', '\x02\0\0\0', '\0\0\0\0\x08\0\0\0', '\x01\0\0\0\x01\0\0\0']),
    reader: readLog,
    moreSeeds: () => [{ name: 'seed', bytes: LOG, isRejected: false }],
  },
  {
    name: 'container-accounts',
    mutate: byteMutator(['root:x:0:0', 'app:x:1000:1000::/home/app', ':', 'extra', '-1', '+7']),
    reader: readAccounts,
    moreSeeds: () => [seed('root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/app:\nextra:x:1001:app,root\n')],
  },
  {
    name: 'container-process',
    mutate: byteMutator([' (a b) ', ') S ', ' 34816 ', '-', ' 0 0 0 ']),
    reader: readProcess,
    moreSeeds: () => [seed('7 (a) b) S 1 7 7 34816 7 4194304 9 0 0 0 1 2 0 0 20 0 1 0 4242 1 1')],
  },
];
