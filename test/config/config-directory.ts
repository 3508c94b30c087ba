import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { type ConfigError, formatConfigError } from '../../src/config/config-error.ts';

/** A new directory with these files; it goes when the test file has ended. */
export function configDirectory(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringjail-config-'));
  after(() => rmSync(directory, { recursive: true }));
  changeFiles(directory, files);
  return directory;
}

export function changeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

/** As `ringjail check` shows them, without the directory. */
export const shownErrors = (directory: string, errors: readonly ConfigError[]): string[] =>
  errors.map((error) => formatConfigError(error).replaceAll(`${directory}/`, ''));
