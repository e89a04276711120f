// One blob up into a repository, over as many sessions as it takes: next-step.ts decides, this file does.
// Invariant: a body that broke is sent whole again, into a session of its own.
import { TsbuildError } from '../../core/errors.js';
import { isSilence, isTransientFailure } from '../network-failure.js';
import { checkNamedDigest, errorCodes, toPushFailure, type PushAnswer, type PushSubject } from './answer.js';
import { firstShape, nextStep, type BlobLimits, type BodyOutcome, type Trial } from './next-step.js';
import type { PushRequests } from './requests.js';
import { sendBody, type Body } from './send-body.js';
import { giveUpSession, openSession, type Session } from './session.js';
import type { Lanes } from './upload-lanes.js';

export interface UploadOptions {
  readonly requests: PushRequests;
  readonly subject: PushSubject;
  readonly lanes: Lanes;
  readonly maxChunkBytes: number;
  /** What the user wants chunks to have. */
  readonly chunkBytes: number | undefined;
  /** As Transport.pause. */
  pause(attempt: number, signal: AbortSignal, answer?: PushAnswer): Promise<boolean>;
}

interface Ended {
  readonly outcome: BodyOutcome;
  readonly answer?: PushAnswer;
  /** What to throw when nothing else helps. */
  readonly failure: TsbuildError;
}

function lostBytes({ what }: PushSubject): TsbuildError {
  return new TsbuildError('REGISTRY_PROTOCOL', `${what}: the registry lost a part of the upload`);
}

async function runTrial(
  { requests, subject }: UploadOptions,
  session: Session,
  { shape }: Trial,
  body: Body,
): Promise<Ended> {
  try {
    const sent = await sendBody(requests, session, shape, body);
    if (sent.kind === 'lost')
      return { outcome: { kind: 'broken', isSilence: false }, failure: lostBytes(subject) };
    const { answer } = sent;
    const outcome = { kind: 'answer', status: answer.status, codes: errorCodes(answer) } as const;
    return { outcome, answer, failure: toPushFailure(answer, subject, requests.login()) };
  } catch (error) {
    if (error instanceof TsbuildError && isTransientFailure(error))
      return { outcome: { kind: 'broken', isSilence: isSilence(error) }, failure: error };
    if (!body.signal.aborted) await giveUpSession(requests, session, body.signal);
    throw error;
  }
}

/**
 * Each way through a session waits for its turn again, so that fewer go on at once when the registry has too much.
 * @param opened a session that a refused mount has left
 * @throws TsbuildError REGISTRY_*, ABORTED, and what `open` of the body throws
 */
export async function uploadBlob(
  body: Body,
  opened: Session | undefined,
  options: UploadOptions,
): Promise<void> {
  const { requests, subject, lanes, chunkBytes, maxChunkBytes } = options;
  const { digest, size } = body.descriptor;
  const limits: BlobLimits = { size, maxChunkBytes };
  let trial: Trial = { shape: firstShape(limits, chunkBytes), failures: 0 };
  for (let session = opened; ; session = undefined) {
    const { next, answer, failure } = await lanes.run(async (lane) => {
      const used = session ?? (await openSession(requests, subject, body.signal));
      const ended = await runTrial(options, used, trial, body);
      const step = nextStep(trial, ended.outcome, limits);
      if (step.kind !== 'done') await giveUpSession(requests, used, body.signal);
      if (ended.outcome.kind === 'broken') lane.broke();
      if (step.kind === 'again' && step.isCrowded) lane.ease();
      return { ...ended, next: step };
    });
    if (next.kind === 'done') {
      if (answer) checkNamedDigest(answer, digest, subject.what);
      return;
    }
    const isTried =
      next.kind === 'again' &&
      (!next.isPause || (await options.pause(next.trial.failures, body.signal, answer)));
    if (!isTried) throw failure;
    trial = next.trial;
  }
}
