// The files of one configuration in fail2ban's reading order (jail.conf(5), "CONFIGURATION FILES FORMAT"): NAME.conf, NAME.d/*.conf,
// NAME.local, NAME.d/*.local, each with what its [INCLUDES] names before and after it. The only part of src/config that reads files.
import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { type ConfigError, type Origin, quoteText } from './config-error.ts';
import { type IniFile, includesSection, parseIni } from './ini.ts';
import type { ConfigValue, GivenValues } from './interpolation.ts';
import { MergedConfig } from './merged-config.ts';
import { suggestName } from './nearest-name.ts';
import { describeSystemError, loadTextFile } from './text-file.ts';

/** Far above any real file: fail2ban's largest has 40 KiB. */
const maxFileBytes = 4 * 1024 * 1024;

/** fail2ban's longest list for one configuration has 7 files. Includes that fan out, or lead through linked directories, end here. */
const maxIncludes = 500;

/**
 * Reads `name` (`jail`, `filter.d/sshd`) in `directory`. Never throws for what is in the files or amiss with them: see `errors`. That
 * there is no file at all is an error too, unless `isOptional`.
 */
export function loadMergedConfig(
  directory: string,
  name: string,
  { isOptional = false, given }: { readonly isOptional?: boolean; readonly given?: GivenValues } = {},
): MergedConfig {
  const loader = new ConfigLoader();
  const base = resolve(directory, name);
  loader.add(`${base}.conf`);
  for (const path of loader.list(`${base}.d`, '.conf')) loader.add(path);
  loader.add(`${base}.local`);
  for (const path of loader.list(`${base}.d`, '.local')) loader.add(path);
  if (loader.isEmpty && !isOptional) loader.reportNothing(resolve(directory), name);
  return new MergedConfig(loader.files, loader.errors, given);
}

/** Whose dialect this is. */
const fail2banVersion = '1.0.2';

/** jail.conf and what is laid over it, with the names that fail2ban gives all of its values: stock fail2ban_agent refers to one. */
export function loadJailFiles(directory: string): MergedConfig {
  const given = new Map([
    ['fail2ban_version', fail2banVersion],
    ['fail2ban_confpath', resolve(directory)],
  ]);
  return loadMergedConfig(directory, 'jail', { given });
}

class ConfigLoader {
  readonly files: IniFile[] = [];
  readonly errors: ConfigError[] = [];
  /** By path; undefined where there is nothing to take. */
  readonly #loaded = new Map<string, IniFile | undefined>();
  #includes = 0;

  get isEmpty(): boolean {
    return this.files.length === 0 && this.errors.length === 0;
  }

  /** The paths in `directory` that end in `extension`, sorted; hidden files do not count. A missing directory has none. */
  list(directory: string, extension: string): string[] {
    try {
      const names = readdirSync(directory).filter((name) => name.endsWith(extension) && !name.startsWith('.'));
      return names.sort().map((name) => join(directory, name));
    } catch (error) {
      const { code, message } = describeSystemError(error);
      if (code !== 'ENOENT' && !this.errors.some(({ file }) => file === directory)) this.#report({ file: directory }, message);
      return [];
    }
  }

  /** Adds the file between what it includes before and after itself; false if there is none. `ancestors`: the real paths that led here. */
  add(path: string, ancestors: readonly string[] = []): boolean {
    const file = this.#load(path);
    if (file === undefined) return this.#loaded.has(path);
    const chain = [...ancestors, realPathOf(path)];
    const includes = new MergedConfig([file], []);
    this.#include(includes, 'before', chain);
    this.files.push(file);
    this.#include(includes, 'after', chain);
    return true;
  }

  reportNothing(directory: string, name: string): void {
    const place = dirname(join(directory, name));
    for (const needed of [directory, place]) {
      try {
        readdirSync(needed);
      } catch (error) {
        this.#report({ file: needed }, describeSystemError(error).message);
        return;
      }
    }
    const names = [...this.list(place, '.conf'), ...this.list(place, '.local')].map((path) => parse(path).name);
    const cure = suggestName(basename(name), names) || `; create it, or choose another directory`;
    this.#report({ file: join(directory, `${name}.conf`) }, `no such file, and no ${basename(name)}.local${cure}`);
  }

  #include(includes: MergedConfig, option: 'before' | 'after', chain: readonly string[]): void {
    const result = includes.get(includesSection, option);
    if (!result.ok) for (const error of result.error) this.#report(error, error.message);
    else if (result.value !== undefined) {
      for (const { name, origin } of linesOf(result.value)) {
        this.#includes += 1;
        if (this.#includes === maxIncludes)
          this.#report(origin, `more than ${maxIncludes} includes; the rest is not read: do they lead in a circle?`);
        if (this.#includes >= maxIncludes) break;
        this.#addIncluded(name, origin, chain);
      }
    }
  }

  #addIncluded(name: string, origin: Origin, chain: readonly string[]): void {
    const path = resolve(dirname(origin.file), name);
    const realPath = realPathOf(path);
    if (chain.includes(realPath)) {
      const loop = [...chain.slice(chain.indexOf(realPath)), realPath].map((file) => basename(file)).join(' -> ');
      this.#report(origin, `include of ${quoteText(name)} leads back to itself: ${quoteText(loop)}; take one of these includes out`);
      return;
    }
    const isFound = this.add(path, chain);
    // A .local file holds what somebody may wish to change; stock files include ones that nobody has.
    if (!isFound && !path.endsWith('.local')) {
      const siblings = this.list(dirname(path), '.conf').map((sibling) => basename(sibling));
      const cure = suggestName(basename(path), siblings) || '; create it or take the include out';
      this.#report(origin, `cannot include ${quoteText(name)}: no such file${cure}`);
    }
    const { dir, name: stem } = parse(path);
    const local = join(dir, `${stem}.local`);
    if (local !== path && !chain.includes(realPathOf(local))) this.add(local, chain);
  }

  #load(path: string): IniFile | undefined {
    if (this.#loaded.has(path)) return this.#loaded.get(path);
    const text = loadTextFile(path, maxFileBytes);
    if (!text.ok && text.error.code === 'ENOENT') return undefined;
    const file = text.ok ? parseIni(text.value, path) : undefined;
    this.#loaded.set(path, file);
    if (!text.ok) this.#report({ file: path, line: text.error.line }, text.error.message);
    else this.errors.push(...(file?.errors ?? []));
    return file;
  }

  #report({ file, line }: { readonly file: string; readonly line?: number | undefined }, message: string): void {
    this.errors.push({ file, line, section: undefined, message });
  }
}

/** Tells whether two paths are one file. Names stay relative to the path as it is written: a link may stand among other neighbours. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    // Whatever is wrong with the path is told when the file is read.
    describeSystemError(error);
    return path;
  }
}

/** The lines of a value that are not empty, each with its own origin. */
function* linesOf(value: ConfigValue): Generator<{ readonly name: string; readonly origin: Origin }> {
  let offset = 0;
  for (const line of value.text.split('\n')) {
    if (line.trim() !== '') yield { name: line.trim(), origin: value.originAt(offset) };
    offset += line.length + 1;
  }
}
