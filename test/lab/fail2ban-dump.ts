// What fail2ban itself makes of a configuration: `fail2ban-client -d`, its commands to its server, from the package where it was extracted.
import { execFileSync } from 'node:child_process';
import { fail2banClient, fail2banModules } from './fail2ban-package.ts';

export interface DumpedAction {
  readonly name: string;
  /** All that is set of it: what its file defines, and the arguments over that. */
  readonly values: ReadonlyMap<string, string>;
}

export interface DumpedJail {
  readonly failregex: string[];
  readonly ignoreregex: string[];
  /** One addjournalmatch each. */
  readonly journalmatch: string[][];
  readonly ignoreip: string[];
  readonly actions: DumpedAction[];
  /** Set once: prefregex, maxretry, usedns and their like. */
  readonly single: Map<string, string>;
}

// The dump is in Python's notation.
const toJson = 'import ast, json, sys; print(json.dumps([ast.literal_eval(line) for line in sys.stdin if line.startswith("[")]))';

/** The jails that are enabled, by name. */
export function dumpFail2ban(directory: string): Map<string, DumpedJail> {
  const env = { ...process.env, PYTHONPATH: fail2banModules, PYTHONDONTWRITEBYTECODE: '1' };
  const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
  const dump = execFileSync('python3', [fail2banClient, '-d', '-c', directory], { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  const commands = JSON.parse(execFileSync('python3', ['-c', toJson], { ...options, input: dump }).toString()) as unknown[][];
  const jails = new Map<string, DumpedJail>();
  for (const [verb, name, ...rest] of commands) {
    if (verb === 'add')
      jails.set(String(name), { failregex: [], ignoreregex: [], journalmatch: [], ignoreip: [], actions: [], single: new Map() });
    const jail = jails.get(String(name));
    if (jail !== undefined && (verb === 'set' || verb === 'multi-set')) set(jail, rest);
  }
  return jails;
}

function set(jail: DumpedJail, [option, ...values]: readonly unknown[]): void {
  const texts = values.flat().map(String);
  if (option === 'addfailregex') jail.failregex.push(...texts);
  else if (option === 'addignoreregex') jail.ignoreregex.push(...texts);
  else if (option === 'addjournalmatch') jail.journalmatch.push(texts);
  else if (option === 'addignoreip') jail.ignoreip.push(...texts);
  else if (option === 'addaction') jail.actions.push({ name: texts[0] ?? '', values: new Map() });
  else if (option === 'action') {
    const [name, pairs] = values as [string, [string, unknown][]];
    const index = jail.actions.findIndex((action) => action.name === name);
    jail.actions[index] = { name, values: new Map(pairs.map(([key, value]) => [key, String(value)])) };
  } else if (option !== 'addlogpath') jail.single.set(String(option), texts.join(' '));
}
