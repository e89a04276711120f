// What a job of GitHub Actions may do with its cache: the address and the token of the service, and what they allow.
// Pure. Sources: actions/toolkit, packages/cache (config.ts, cacheUtils.ts); tonistiigi/go-actions-cache (cache.go).
import { TsbuildError } from '../../../core/errors.js';

export interface GhaAccess {
  /** Ends with a slash. */
  readonly url: string;
  readonly token: string;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
}

export interface GhaPlace {
  readonly url?: string;
  readonly token?: string;
}

/** The bits of a permission in the claim `ac` of the token. */
const READ = 1;
const WRITE = 2;

const HOW_TO_GET_THEM =
  'steps with run: do not get them: put the step "uses: crazy-max/ghaction-github-runtime@v3" before, or use type=local with actions/cache';

/** @throws TsbuildError CACHE_UNAVAILABLE outside of a job; OPTION_INVALID */
export function ghaAccess({ url, token }: GhaPlace, env: NodeJS.ProcessEnv): GhaAccess {
  const address = url ?? env['ACTIONS_RESULTS_URL'];
  const secret = token ?? env['ACTIONS_RUNTIME_TOKEN'];
  const missing = [address ? '' : 'ACTIONS_RESULTS_URL', secret ? '' : 'ACTIONS_RUNTIME_TOKEN'].filter(
    Boolean,
  );
  if (!address || !secret)
    throw new TsbuildError(
      'CACHE_UNAVAILABLE',
      `type=gha needs ${missing.join(' and ')}, which this step does not have`,
      {
        hint: HOW_TO_GET_THEM,
      },
    );
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username)
    throw new TsbuildError('OPTION_INVALID', 'the address of the cache of GitHub Actions is not a URL', {
      hint: 'leave url out, or give url=$ACTIONS_RESULTS_URL',
    });
  const mode = env['ACTIONS_CACHE_MODE'];
  const permissions = permissionsOf(secret);
  const allows = (bit: number): boolean =>
    permissions === undefined || permissions.some((one) => (one & bit) !== 0);
  return {
    url: parsed.href.replace(/\/*$/, '/'),
    token: secret,
    isReadable: mode !== 'none' && mode !== 'write-only' && allows(READ),
    isWritable: mode !== 'none' && mode !== 'read' && allows(WRITE),
  };
}

/** The permissions of the token's scopes; undefined when it does not say, and the service decides. */
function permissionsOf(token: string): readonly number[] | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const { ac } = claims as { readonly ac?: unknown };
    const scopes: unknown = typeof ac === 'string' ? JSON.parse(ac) : undefined;
    if (!Array.isArray(scopes)) return undefined;
    return scopes.map((scope: unknown) =>
      Number((scope as { readonly Permission?: unknown } | null)?.Permission ?? 0),
    );
  } catch {
    // Not a token that is understood here: nothing is known.
    return undefined;
  }
}
