// What must outlive the daemon, as one file that is replaced whole: bans, windows and the sources' positions belong together, so that
// after a kill at any instant the records since are read again into the windows of that same moment: none lost, none counted twice.
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, RingjailError, systemCodeOf } from '../core/errors.ts';
import { parseIpNetwork } from '../core/ip-network.ts';
import type { BanDecision } from './ban.ts';

const version = 1;

// The year 2200: beyond it, a ban is for good.
const latestUsec = 7_258_118_400_000_000;

export interface State {
  readonly bans: readonly BanDecision[];
  /** By source. */
  readonly positions: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** By jail; only the jail knows what it means. */
  readonly windows: Readonly<Record<string, unknown>>;
}

// JSON knows no Infinity: a ban for good has no end.
type StoredDecision = Omit<BanDecision, 'network' | 'untilUsec'> & { readonly network: string; readonly untilUsec: number | null };
type StoredState = Omit<State, 'bans'> & { readonly version: number; readonly bans: readonly StoredDecision[] };

export interface LoadedState {
  /** Undefined where there was none, or none that could be read. */
  readonly state: State | undefined;
  /** Where an unreadable file was put, and why. */
  readonly setAside: { readonly path: string; readonly reason: string } | undefined;
}

/** Reads the state. A file that is broken or of another version is set aside under another name, never deleted. */
export async function loadState(path: string): Promise<LoadedState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return { state: undefined, setAside: undefined };
    throw new RingjailError('unavailable', `cannot read the state ${path}: ${messageOf(error)}`, error);
  }
  try {
    return { state: parseState(text), setAside: undefined };
  } catch (error) {
    const aside = `${path}.unreadable-${Date.now()}`;
    await rename(path, aside);
    return { state: undefined, setAside: { path: aside, reason: messageOf(error) } };
  }
}

/** Replaces the file in one step; what was there before stays whole until then. */
export async function saveState(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export function formatState(state: State): string {
  const bans = state.bans.map((ban): StoredDecision => {
    return { ...ban, network: ban.network.text, untilUsec: Number.isFinite(ban.untilUsec) ? ban.untilUsec : null };
  });
  return JSON.stringify({ version, ...state, bans } satisfies StoredState);
}

/** Throws where the text is no state of this version. */
export function parseState(text: string): State {
  const stored = JSON.parse(text) as Partial<StoredState> | null;
  if (typeof stored !== 'object' || stored === null || stored.version !== version) {
    throw new Error(`not a state of version ${version}`);
  }
  const { bans, positions, windows } = stored;
  if (!Array.isArray(bans) || !isRecord(positions) || !isRecord(windows)) throw new Error('a part of the state is missing');
  if (!Object.values(positions).every(isPosition)) throw new Error('a position of the state is malformed');
  return { bans: bans.map(parseDecision), positions, windows };
}

function parseDecision(stored: StoredDecision): BanDecision {
  const network = parseIpNetwork(String(stored.network));
  // What no Date can hold is for good; the kernel would refuse it, and every other ban with it.
  const untilUsec = stored.untilUsec === null || stored.untilUsec > latestUsec ? Number.POSITIVE_INFINITY : stored.untilUsec;
  const areNumbers = [untilUsec, stored.sinceUsec, stored.failures].every((value) => typeof value === 'number');
  const hasLists = [stored.actions, stored.distinct].every(
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  );
  const hasOrigin = ['failures', 'hand', 'found'].includes(stored.origin);
  if (network === undefined || typeof stored.jail !== 'string' || !areNumbers || !hasLists || !hasOrigin || !isEvidence(stored.evidence)) {
    throw new Error(`a ban of the state is malformed: ${JSON.stringify(stored)}`);
  }
  return { ...stored, network, untilUsec };
}

const isPosition = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((part) => typeof part === 'string' || typeof part === 'number');

function isEvidence(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isRecord(value)) return false;
  return typeof value['source'] === 'string' && typeof value['sequence'] === 'number' && typeof value['text'] === 'string';
}

const isRecord = (value: unknown): value is Record<string, never> => typeof value === 'object' && value !== null && !Array.isArray(value);
