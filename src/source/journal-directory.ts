// Where a journal's files lie (systemd-journald.service(8), FILES): whether they may be read, and whether their folders come and go.
// libsystemd itself passes silently over what it may not read, and does not look for a folder that was missing when it was opened.
import { accessSync, constants, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../core/errors.ts';
import type { JournalPlace } from '../record/record-selector.ts';

/** The folders that journals of the place are looked for in; none where single files are named. */
export function journalRoots(place: JournalPlace): readonly string[] {
  if (place.files !== undefined) return [];
  if (place.path !== undefined) return [place.path];
  return ['/run/log/journal', '/var/log/journal'];
}

/** The first thing of the place that exists and may not be read; undefined where all may. */
export function unreadablePart(place: JournalPlace): string | undefined {
  for (const root of journalRoots(place)) {
    const folders = [root, ...foldersIn(root)];
    for (const path of folders.flatMap((folder) => [folder, `${folder}/system.journal`])) if (isForbidden(path)) return path;
  }
  return undefined;
}

const isForbidden = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (error) {
    return systemCodeOf(error) === 'EACCES';
  }
};

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${root}/${name}`);
  } catch {
    return []; // missing, or forbidden, which is told of the root
  }
}

/** Tells the folders that are there now from others of the same names. */
export const identityOf = (roots: readonly string[]): string => roots.map(inodeOf).join(' ');

function inodeOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.dev}:${stats.ino}`;
}

/** Calls `onAppear` once when one of the folders that are missing now exists. Costs nothing where none is missing. */
export class MissingFolderWatch {
  readonly #missing: readonly string[];
  readonly #onAppear: () => void;
  #watchers: FSWatcher[] = [];

  constructor(roots: readonly string[], onAppear: () => void) {
    this.#missing = roots.filter(isMissing);
    this.#onAppear = onAppear;
    this.#look();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #look(): void {
    this.close();
    const parents = new Set(this.#missing.map(nearestFolder));
    // Watched first, looked for after: what appears between the two is seen.
    for (const parent of parents) this.#watchers.push(watch(parent, () => this.#look()).on('error', () => this.#look()));
    if (this.#missing.every(isMissing)) return;
    this.close();
    setImmediate(this.#onAppear);
  }
}

const isMissing = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) === undefined;

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (folder !== '/' && isMissing(folder)) folder = dirname(folder);
  return folder;
}
