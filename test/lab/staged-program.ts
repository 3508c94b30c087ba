// The program where everybody can read it: the checkout may stand below a home directory that is its owner's alone (/root), and the
// daemon of the tests is nobody.
import { execFileSync } from 'node:child_process';
import { projectDirectory } from './laboratory.ts';

/** Outside the checkout, kept between runs; the same as for the tree of Debian that is booted. */
export const cacheDirectory = process.env['RINGJAIL_TEST_CACHE'] ?? '/var/cache/ringjail-test';

let staged: string | undefined;

/** The folder that holds bin/ringjail and config/, brought up to date once a process. As root. */
export function stagedProgram(): string {
  if (staged === undefined) {
    staged = `${cacheDirectory}/program`;
    execFileSync(`${projectDirectory}/scripts/stage.sh`, [staged], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return staged;
}
