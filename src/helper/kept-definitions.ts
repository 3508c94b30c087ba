// With which definition each action was begun: that ends it, whatever has become of its file since. Root's own directory, a file an action.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandDefinition } from '../action/command-definition.ts';
import { fingerprintOf } from '../config/ticket-action-config.ts';
import { messageOf, systemCodeOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { judgeDefinition } from './judged-definition.ts';
import { findUntrusted } from './trusted-file.ts';

/** To be raised where CommandDefinition, or what is in it, changes. */
const format = 2;
const mostBytes = 512 * 1024;
const mostFiles = 1000;

export interface KeptDefinition {
  readonly fingerprint: string;
  readonly definition: CommandDefinition;
  /** Why it only ends what it began, where the guard of today refuses a command of it; undefined where it refuses none. */
  readonly refusal?: string | undefined;
}

export class KeptDefinitions {
  readonly #directory: string;
  readonly #log: Log;
  /** Of which it was told that they are refused. */
  readonly #told = new Set<string>();

  /** `directory`: made with the first file, for root alone. */
  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** As today's guard judges it. Undefined also where that refuses what ends it: then it ends by what its file says. */
  of(jail: string, action: string): KeptDefinition | undefined {
    const path = this.#pathOf(jail, action);
    try {
      const text = readFileSync(path, 'utf8');
      const untrusted = findUntrusted(path);
      if (untrusted !== undefined) throw new Error(untrusted);
      const kept = JSON.parse(text, revive);
      const isOurs = kept?.format === format && kept.jail === jail && kept.action === action && typeof kept.fingerprint === 'string';
      return isOurs ? this.#judge(path, kept) : undefined;
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT')
        this.#log.warning(`cannot read ${path}, what ends an action that was begun: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Where it cannot be written, the action ends by what its file says then. */
  keep(jail: string, action: string, { fingerprint, definition }: Omit<KeptDefinition, 'refusal'>): void {
    const path = this.#pathOf(jail, action);
    const text = JSON.stringify({ format, jail, action, fingerprint, definition }, replace);
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      if (Buffer.byteLength(text) > mostBytes) throw new Error(`larger than ${mostBytes / 1024} KiB`);
      if (readdirSync(this.#directory).length >= mostFiles) throw new Error(`there are ${mostFiles} already; remove what is old`);
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#log.warning(`cannot write ${path}, what ends action ${action} of ${jail}: ${messageOf(error)}`);
    }
  }

  /** The action has ended. */
  drop(jail: string, action: string): void {
    rmSync(this.#pathOf(jail, action), { force: true });
  }

  #judge(path: string, kept: KeptDefinition): KeptDefinition | undefined {
    const { definition, refused } = judgeDefinition(kept.definition);
    if (refused.size === 0) return { fingerprint: fingerprintOf(definition), definition };
    const reasons = Array.from(refused, ([name, reason]) => `action${name}: ${reason}`).join('; ');
    const isEnding = !refused.has('unban') && !refused.has('stop');
    const refusal = `by this version of ringjail what began action ${definition.name} is not safe, and ${isEnding ? 'only ends it' : 'is not run'}: ${reasons}`;
    if (!this.#told.has(path)) this.#log.warning(refusal);
    this.#told.add(path);
    return isEnding ? { fingerprint: kept.fingerprint, definition, refusal } : undefined;
  }

  #pathOf(jail: string, action: string): string {
    return join(
      this.#directory,
      `${createHash('sha256')
        .update(JSON.stringify([jail, action]))
        .digest('hex')}.json`,
    );
  }
}

const replace = (_: string, value: unknown): unknown =>
  value instanceof Map ? { '<map>': [...value] } : value instanceof Set ? { '<set>': [...value] } : value;

function revive(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('<map>' in value && Array.isArray(value['<map>'])) return new Map(value['<map>']);
  return '<set>' in value && Array.isArray(value['<set>']) ? new Set(value['<set>']) : value;
}
