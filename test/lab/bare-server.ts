// A server without attackers, for what needs no packets: a network namespace of its own, the machine's files, and the kernel log left alone.
// Nothing of it is in the way of a laboratory that runs at the same time.
import { execFileSync } from 'node:child_process';
import { Laboratory } from './laboratory.ts';

export class BareServer extends Laboratory {
  /** The same test may run twice at a time, from two checkouts. */
  constructor(name: string) {
    super(`${name}-${process.pid}`);
  }

  override up(): void {
    this.down();
    execFileSync('ip', ['netns', 'add', this.name]);
    execFileSync('ip', ['-n', this.name, 'link', 'set', 'lo', 'up']);
  }

  override down(): void {
    try {
      execFileSync('ip', ['netns', 'del', this.name], { stdio: 'ignore' });
    } catch {
      // There was none.
    }
  }

  override onServer(...command: string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.name}`, '--', ...command];
  }
}
