// Stores in directories of their own, for tests.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { BanChange, BanDecision } from '../../src/ban/ban.ts';
import { BanStore, type BanStoreOptions } from '../../src/ban/ban-store.ts';
import type { StoreChanges } from '../../src/ban/store-changes.ts';

const root = mkdtempSync(join(tmpdir(), 'ringjail-store-test-'));
after(() => rmSync(root, { recursive: true }));

let directories = 0;

export function emptyDirectory(): string {
  directories++;
  const path = join(root, String(directories));
  mkdirSync(path);
  return path;
}

export const storePath = (): string => join(emptyDirectory(), 'state.db');

export const openAt = (path: string, options: Partial<BanStoreOptions> = {}): BanStore =>
  new BanStore(path, { clock: () => 0, ...options });

/** A transaction of which the rest is nothing. */
export const changesOf = (changes: Partial<StoreChanges>): StoreChanges => ({
  bans: { isWhole: false, bans: [] },
  jails: [],
  positions: {},
  ...changes,
});

export const made = (decision: BanDecision): BanChange => {
  const { network, jail } = decision;
  return { network, jail, held: decision, made: decision };
};

export const lifted = ({ network, jail }: BanDecision): BanChange => ({ network, jail, held: undefined, made: undefined });

export const bansOf = (...bans: BanChange[]): Partial<StoreChanges> => ({ bans: { isWhole: false, bans } });
