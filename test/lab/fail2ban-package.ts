// Debian's package fail2ban where scripts/fetch-samples.sh extracted it, or where the environment says: read, never installed.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from './staged-program.ts';

const extracted = join(cacheDirectory, 'fail2ban');
const config = process.env['RINGJAIL_FAIL2BAN_CONFIG'] ?? join(extracted, 'etc/fail2ban');
const tests = process.env['RINGJAIL_FAIL2BAN_TESTS'] ?? join(extracted, 'usr/lib/python3/dist-packages/fail2ban/tests');

export const sampleLogs = join(tests, 'files', 'logs');
const isThere = existsSync(join(config, 'filter.d', 'sshd.conf')) && existsSync(sampleLogs);

/** For `describe`: false where the package is there, else why the test is skipped. */
export const skipWithoutFail2ban =
  !isThere &&
  "needs Debian's package fail2ban, extracted: sudo scripts/fetch-samples.sh (or RINGJAIL_FAIL2BAN_CONFIG=.../etc/fail2ban RINGJAIL_FAIL2BAN_TESTS=.../fail2ban/tests)";

/** They lie with the tests, and find what they include only in fail2ban's source tree. */
const testFilters = ['zzz-generic-example', 'zzz-sshd-obsolete-multiline'];

/** fail2ban's own programs and modules. */
export const fail2banClient = join(extracted, 'usr/bin/fail2ban-client');
export const fail2banRegex = join(extracted, 'usr/bin/fail2ban-regex');
export const fail2banModules = join(extracted, 'usr/lib/python3/dist-packages');

/** A copy of its whole configuration, with the filters of its tests; '' where it is not there. The caller removes it. */
export function copyFail2banConfig(): string {
  if (!isThere) return '';
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-fail2ban-'));
  cpSync(config, directory, { recursive: true });
  for (const name of testFilters) {
    const text = readFileSync(join(tests, 'config', 'filter.d', `${name}.conf`), 'utf8');
    writeFileSync(join(directory, 'filter.d', `${name}.conf`), text.replace(/^before *=.*$/m, 'before = common.conf'));
  }
  return directory;
}

export function removeFail2banConfig(directory: string): void {
  if (directory !== '') rmSync(directory, { recursive: true });
}

/** Those that have sample logs; none where the package is not there. */
export function sampledFilters(): string[] {
  if (!isThere) return [];
  const filters = new Set([...readdirSync(join(config, 'filter.d')).map((file) => file.replace(/\.conf$/, '')), ...testFilters]);
  return readdirSync(sampleLogs).filter((name) => filters.has(name) && statSync(join(sampleLogs, name)).isFile());
}
