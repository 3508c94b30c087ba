// Changes the firewall as it is told, and says how long bans were missing from the daemon's set: from when this process, which asks the
// kernel without pause, first missed one until all are there again.
// usage: node vandal.js COUNT, with an IPC channel: takes an argument vector, answers { code, tookMs, output }; tookMs is null where none
// was ever missing. The bans are the first COUNT of benchAddress.
import { spawn } from 'node:child_process';
import { openSetLookup } from '../../src/binding/addon.ts';
import { network } from '../core/network.ts';
import { benchAddress } from './watch-set.ts';

const patienceMs = 10_000;
// What follows a change that took nothing away would come in this time.
const quietMs = 50;

const keys = Array.from({ length: Number(process.argv[2]) }, (_, index) => Buffer.from(network(benchAddress(index)).bytes));
const lookup = openSetLookup('ringjail');
const areThere = (some: readonly (Buffer | undefined)[]): boolean => some.every((key) => key !== undefined && lookup.has('banned4', key));
const [first, last] = [keys[0], keys.at(-1)];

process.on('message', (command: readonly string[]) => {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let code: number | undefined;
  let endedMs = Number.POSITIVE_INFINITY;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  child.on('close', (exit) => {
    code = exit ?? -1;
    endedMs = performance.now();
  });
  const startMs = performance.now();
  let missedMs: number | undefined;
  let backMs: number | undefined;
  const look = () => {
    const nowMs = performance.now();
    const isWhole = areThere([first, last]);
    if (!isWhole) missedMs ??= nowMs;
    // All of a set comes back in one transaction, so that two tell of all.
    else if (missedMs !== undefined) backMs ??= nowMs;
    const isOver = isWhole && nowMs > endedMs + quietMs;
    if (!isOver && nowMs < startMs + patienceMs) setImmediate(look);
    else
      process.send?.({
        code: isOver && areThere(keys) ? code : -1,
        tookMs: missedMs === undefined ? null : (backMs ?? 0) - missedMs,
        output,
      });
  };
  look();
});
