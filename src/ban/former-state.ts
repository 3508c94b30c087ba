// The state of version 0.1, one file of JSON: read once, then renamed.
import { readFileSync, renameSync } from 'node:fs';
import { messageOf, systemCodeOf } from '../core/errors.ts';
import { noContents, type SetAside, type StoreContents } from './store-file.ts';
import { checkDecision, isPosition, isRecord } from './stored-decision.ts';

const version = 1;

/** Undefined where there is none. A file that is none is set aside under another name. */
export function readFormerState(path: string): { readonly contents: StoreContents; readonly setAside: SetAside | undefined } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    return { contents: noContents, setAside: { path, reason: messageOf(error) } };
  }
  try {
    return { contents: parseFormerState(text), setAside: undefined };
  } catch (error) {
    const aside = `${path}.unreadable-${Date.now()}`;
    renameSync(path, aside);
    return { contents: noContents, setAside: { path: aside, reason: messageOf(error) } };
  }
}

/** Says that the file is in the store by now. */
export function retireFormerState(path: string): void {
  try {
    renameSync(path, `${path}.imported`);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

/** Throws where the text is no state of that version. */
function parseFormerState(text: string): StoreContents {
  const state: unknown = JSON.parse(text);
  if (!isRecord(state) || state['version'] !== version) throw new Error(`not a state of version ${version}`);
  const { bans, positions, windows } = state;
  if (!Array.isArray(bans) || !isRecord(positions) || !isRecord(windows)) throw new Error('a part of the state is missing');
  const checked = Object.entries(positions).map(([source, position]) => {
    if (!isPosition(position)) throw new Error('a position of the state is malformed');
    return [source, position] as const;
  });
  return {
    bans: bans.map((ban: unknown) => {
      const decision = isRecord(ban) ? checkDecision(ban) : undefined;
      if (decision === undefined) throw new Error(`a ban of the state is malformed: ${JSON.stringify(ban)}`);
      return decision;
    }),
    positions: Object.fromEntries(checked),
    windows: new Map(Object.entries(windows).map(([jail, value]) => [jail, parseWindows(value)])),
  };
}

type StoredWindow = readonly [identity: string, entries: { readonly timeUsec: number; readonly distinct: string | undefined }[]];

/** What is no window is left out: a broken memory is no reason not to start. */
const parseWindows = (value: unknown): StoredWindow[] =>
  (Array.isArray(value) ? value : []).filter(isWindow).map(([identity, entries]) => {
    return [identity, entries.map(({ timeUsec, distinct }) => ({ timeUsec, distinct }))];
  });

const isWindow = (item: unknown): item is StoredWindow =>
  Array.isArray(item) && typeof item[0] === 'string' && Array.isArray(item[1]) && item[1].every(isEntry);

const isEntry = (value: unknown): boolean =>
  isRecord(value) && typeof value['timeUsec'] === 'number' && ['string', 'undefined'].includes(typeof value['distinct']);
