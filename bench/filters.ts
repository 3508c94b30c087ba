// Lines a second through one filter of fail2ban's stock ones (sshd) and through all of them at once, as the daemon runs them; beside
// fail2ban-regex and sshguard's parser on the same lines in the same run. The ratios carry over to other machines; the figures do not.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadJails } from '../src/config/jail-config.ts';
import { usualPolicy } from '../src/config/jail-policy.ts';
import { systemClock } from '../src/core/clock.ts';
import { Routes } from '../src/daemon/routes.ts';
import type { RunningJail } from '../src/daemon/running-jail.ts';
import { Jail } from '../src/jail/jail.ts';
import { type RecordBatch, selectorWords } from '../src/record/record-batch.ts';
import { changeFiles } from '../test/config/config-directory.ts';
import {
  copyFail2banConfig,
  fail2banModules,
  fail2banRegex,
  removeFail2banConfig,
  skipWithoutFail2ban,
} from '../test/lab/fail2ban-package.ts';
import { cacheDirectory } from '../test/lab/staged-program.ts';
import { batchOf } from '../test/record/batch-of.ts';
import { Random } from '../test/record/random.ts';
import { attackLines, otherLines } from './log-lines.ts';

const seed = 1;
const lineCount = 200_000;
const attackPercent = 5;
/** As sources deliver them. */
const batchSize = 1000;
const rounds = 5;
const host = 'host.example ';
const date = 'Nov 21 22:51:03 ';

const random = new Random(seed);
const lines = Array.from({ length: lineCount }, () => random.pick(random.below(100) < attackPercent ? attackLines : otherLines));

const selector = { source: 'syslog', facilities: undefined, programs: undefined } as const;

/** `settings`: over fail2ban's own, for all jails. */
function loadRunning(names: readonly string[] | undefined, settings: string): RunningJail[] {
  const directory = copyFail2banConfig();
  changeFiles(directory, { 'jail.local': `[DEFAULT]\nenabled = true\n${settings}\n` });
  const { jails } = loadJails({
    directory,
    isRoot: false,
    hostName: 'host',
    hasUnit: () => false,
    clock: systemClock,
    listensToSyslog: true,
  });
  removeFail2banConfig(directory);
  return jails
    .filter(({ options }) => names === undefined || names.includes(options.name))
    .map(({ options, filter }) => ({ selectors: [selector], filter, jail: new Jail(options), policy: usualPolicy, resolvesNames: false }));
}

function batchesOf(prefix: string, selectors: number): RecordBatch[] {
  return Array.from({ length: lineCount / batchSize }, (_, index) => {
    const part = lines.slice(index * batchSize, (index + 1) * batchSize).map((line) => Buffer.from(line).toString('latin1'));
    const selected = new Uint32Array(batchSize * selectorWords(selectors)).fill(0xffffffff);
    return { ...batchOf(part, { source: 'syslog', prefix }), selected };
  });
}

interface Measured {
  readonly perSecond: number;
  readonly found: number;
}

function median(pass: () => number): Measured {
  const speeds: number[] = [];
  let found = 0;
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    found = pass();
    // The first round is for the compiler and the caches.
    if (round > 0) speeds.push((lineCount * 1000) / (performance.now() - start));
  }
  return { perSecond: speeds.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0, found };
}

function measureOurs(running: readonly RunningJail[], prefix: string): Measured {
  const routes = new Routes(running.map((jail) => ({ ...jail, literals: jail.filter.literals })));
  const batches = batchesOf(prefix, running.length);
  return median(() => {
    let found = 0;
    const sink = { onFailure: () => void found++, onNamedFailure: () => void found++ };
    for (const batch of batches) for (const [{ filter }, records] of routes.offer(batch)) filter.match(batch, records, sink);
    return found;
  });
}

/** A program on the whole file, less what it takes for an empty one. */
function measureProgram(run: (path: string) => string, file: string, empty: string, count: (output: string) => number): Measured {
  const seconds = (path: string) => {
    const start = performance.now();
    const output = run(path);
    return { took: (performance.now() - start) / 1000, output };
  };
  const idle = seconds(empty).took;
  const { took, output } = seconds(file);
  return { perSecond: lineCount / (took - idle), found: count(output) };
}

const options = { maxBuffer: 1024 * 1024 * 1024 };
const parserPaths = ['/usr/libexec/sshguard/sshg-parser', join(cacheDirectory, 'sshguard/usr/libexec/sshguard/sshg-parser')];

function tell(name: string, { perSecond, found }: Measured, than: readonly (readonly [string, Measured | undefined])[] = []): void {
  const ratios = than.flatMap(([other, measured]) =>
    measured === undefined ? [] : [`${(perSecond / measured.perSecond).toFixed(2)} times ${other}`],
  );
  console.log(`  ${[`${name}: ${Math.round(perSecond).toLocaleString('en')} lines/s, ${found} found`, ...ratios].join('; ')}`);
}

function bench(): void {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-bench-'));
  const [file, empty] = [join(directory, 'log'), join(directory, 'empty')];
  writeFileSync(file, lines.map((line) => `${date}${host}${line}\n`).join(''));
  writeFileSync(empty, '');
  const env = { ...process.env, PYTHONPATH: fail2banModules, PYTHONDONTWRITEBYTECODE: '1' };
  const config = copyFail2banConfig();
  const theirs = measureProgram(
    (path) => execFileSync('python3', [fail2banRegex, '-c', config, path, 'sshd'], { ...options, env }).toString(),
    file,
    empty,
    (output) => Number(/(\d+) matched/.exec(output)?.[1]),
  );
  removeFail2banConfig(config);
  const parser = parserPaths.find((path) => existsSync(path));
  const sshguard =
    parser &&
    measureProgram(
      (path) => execFileSync(parser, { ...options, stdio: [openSync(path, 'r'), 'pipe', 'ignore'] }).toString(),
      file,
      empty,
      (output) => output.split('\n').length - 1,
    );
  rmSync(directory, { recursive: true });

  const others = [
    ['fail2ban-regex', theirs],
    ['sshg-parser', sshguard || undefined],
  ] as const;
  console.log(
    `filters: ${lineCount} lines, ${attackPercent} % attacks, seed ${seed}, median of ${rounds} rounds, node ${process.version}, ${process.arch}`,
  );
  tell('fail2ban-regex, sshd', theirs);
  if (sshguard) tell("sshguard's parser, all it knows", sshguard);
  else console.log("  sshguard's parser is not there: scripts/fetch-samples.sh sshguard extracts it");
  const records = 'backend = systemd';
  tell('sshd, records with a time of their own', measureOurs(loadRunning(['sshd'], records), host), others);
  tell(
    'sshd, lines of a file with dates',
    measureOurs(loadRunning(['sshd'], '[sshd]\nbackend = syslog\nlogpath = /srv/x.log'), date + host),
    others,
  );
  const all = loadRunning(undefined, records);
  tell(`all ${all.length} stock jails, records with a time of their own`, measureOurs(all, host), others);
  const withLiterals = all.filter(({ filter }) => filter.literals.length > 0);
  tell(`those ${withLiterals.length} of them that have literals`, measureOurs(withLiterals, host), others);
}

if (skipWithoutFail2ban === false) bench();
else console.log(`filters: ${skipWithoutFail2ban}`);
