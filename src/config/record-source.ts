// Where a jail's records come from: backend, journalmatch and logpath of jail.conf(5), answered without reading a log file.
import { fileTagPrefix, type JournalPlace, type RecordSelector } from '../record/record-selector.ts';
import { type NamedDefinition, parseDefinitionList } from './action-list.ts';
import { type LogFile, type Origin, quoteText } from './config-error.ts';
import type { ConfigValue } from './interpolation.ts';
import { readJournalPlace } from './journal-place.ts';
import { parseJournalmatch } from './journalmatch.ts';
import { suggestName } from './nearest-name.ts';
import type { OptionReader } from './option-reader.ts';
import { fileTagOf, wellKnownLogOf } from './well-known-log.ts';

export interface RecordSource {
  readonly selectors: readonly RecordSelector[];
  /** Whether lines of forwarded files are among them, which carry a date of their own. */
  readonly hasFiles: boolean;
  /** For people, one a source: "the journal (_COMM=sshd)". */
  readonly descriptions: readonly string[];
  /** Files whose lines rsyslog forwards, or would have to. */
  readonly files: readonly LogFile[];
  /** What is not served, and why, each with the place of what asks for it. */
  readonly notices: readonly SourceNotice[];
}

interface SourceNotice {
  /** Undefined where nothing in particular does. */
  readonly origin: Origin | undefined;
  readonly message: string;
}

export interface SourceRequest {
  /** Of the filter and the jail, each fit for `parseJournalmatch`. */
  readonly journalmatch: readonly string[];
  /** Whether the filter is for the kernel's records: that is what `auto` means, then. */
  readonly isOfKernel: boolean;
  /** Whether the filter believes no user's own process, whatever unit it runs in. */
  readonly isSystemOnly: boolean;
  /** Whether ringjail.conf has a syslog_listen. */
  readonly listensToSyslog: boolean;
}

/** Whose log the stock recidive jail reads in the journal: the bans that it counts are ours here. */
const fail2banUnit = '_SYSTEMD_UNIT=fail2ban.service';

const fileBackends = ['polling', 'pyinotify', 'gamin'];
const backends = ['auto', 'systemd', 'kernel', 'syslog', 'ringjail'];

/** What backend= says, before anything else is known: stock filters expect another form of line from the journal than from files. */
export function parseBackends(reader: OptionReader): readonly NamedDefinition[] {
  const value = reader.value('backend');
  // `backend = kernel, syslog` reads well, too.
  const list = parseDefinitionList((value?.text ?? '').replace(/,(?![^[]*\])/g, ' '));
  if (value === undefined) return [{ name: 'auto', options: new Map(), offset: 0 }];
  if (!list.ok) {
    reader.fail(value.originAt(list.error.offset), `backend: ${list.error.message}`);
    return [];
  }
  const known = list.value.filter(({ name, offset }) => {
    const isKnown = backends.includes(name) || fileBackends.includes(name);
    if (!isKnown) {
      reader.fail(value.originAt(offset), `backend = ${quoteText(name)}: expected ${backends.join(', ')}${suggestName(name, backends)}`);
    }
    return isKnown;
  });
  return known.length === 0 && list.value.length === 0 ? [{ name: 'auto', options: new Map(), offset: 0 }] : known;
}

/** Undefined where nothing serves the jail; `reader` has the errors. */
export function readRecordSource(
  reader: OptionReader,
  chosen: readonly NamedDefinition[],
  request: SourceRequest,
): RecordSource | undefined {
  const chooser = new SourceChooser(reader, request);
  for (const backend of chosen) chooser.add(backend);
  return chooser.finish();
}

class SourceChooser {
  readonly #reader: OptionReader;
  readonly #request: SourceRequest;
  readonly #logpath: ConfigValue | undefined;
  readonly #selectors: RecordSelector[] = [];
  readonly #descriptions: string[] = [];
  readonly #notices: SourceNotice[] = [];
  readonly #files: LogFile[] = [];
  #hasFiles = false;

  constructor(reader: OptionReader, request: SourceRequest) {
    this.#reader = reader;
    this.#request = request;
    this.#logpath = reader.value('logpath');
  }

  add(backend: NamedDefinition): void {
    const { name } = backend;
    if (name === 'kernel') this.#take({ source: 'kernel' }, 'the kernel log');
    else if (name === 'ringjail') this.#take({ source: 'bans' }, 'our own bans');
    else if (name === 'systemd') this.#addJournal(backend, this.#request.journalmatch);
    else if (name === 'syslog') this.#addSyslog();
    else {
      if (fileBackends.includes(name)) {
        const origin = this.#reader.value('backend')?.originAt(backend.offset);
        this.#notices.push({ origin, message: `backend = ${name} is taken as auto: no log file is read` });
      }
      this.#addAuto(backend);
    }
  }

  finish(): RecordSource | undefined {
    if (this.#selectors.length === 0) return undefined;
    return {
      selectors: this.#selectors,
      hasFiles: this.#hasFiles,
      descriptions: this.#descriptions,
      files: this.#files,
      notices: this.#notices,
    };
  }

  #take(selector: RecordSelector, description: string): void {
    const text = JSON.stringify(selector);
    if (this.#selectors.some((taken) => JSON.stringify(taken) === text)) return;
    this.#selectors.push(selector);
    this.#descriptions.push(description);
  }

  #addAuto(backend: NamedDefinition): void {
    const { journalmatch, isOfKernel } = this.#request;
    const paths = this.#paths();
    if (isOfKernel) this.#take({ source: 'kernel' }, 'the kernel log');
    else if (journalmatch.length > 0) {
      this.#addJournal(backend, journalmatch);
      if (this.#selectors.some(({ source }) => source === 'bans')) return;
      this.#addFilesBeside(paths);
    } else if (paths.length > 0) this.#addPaths(paths);
    else {
      const { file, line } = this.#reader.value('enabled')?.origin ?? { file: 'jail.conf', line: 1 };
      this.#reader.fail(
        { file, line },
        'nothing says where its records come from: set journalmatch = _SYSTEMD_UNIT=NAME.service, a logpath, or backend = kernel or syslog',
      );
    }
  }

  /** What logs to a file of its own may log to the journal, too, or may not: nginx, as Debian sets it up, does not. */
  #addFilesBeside(paths: readonly LogPath[]): void {
    const files = paths.filter(({ path }) => wellKnownLogOf(path) === undefined);
    if (this.#request.listensToSyslog) for (const { path, offset } of files) this.#addFile(path, offset);
    else
      for (const { path, offset } of files) {
        this.#files.push(logFileOf(path));
        const message = `what only stands in ${path} is not seen: no log file is read, but rsyslog can forward it`;
        this.#notices.push({ origin: this.#logpath?.originAt(offset), message });
      }
  }

  #addJournal(backend: NamedDefinition, journalmatch: readonly string[]): void {
    const matches = journalmatch.flatMap((line) => {
      const parsed = parseJournalmatch(line);
      return parsed.ok ? parsed.value : [];
    });
    const place = this.#readPlace(backend);
    // Another machine's journal may hold another machine's fail2ban.
    const isOwn = place.path === undefined && place.files === undefined && place.namespace === undefined;
    const others = matches.filter((fields) => !isOwn || !fields.includes(fail2banUnit));
    if (others.length < matches.length) this.#take({ source: 'bans' }, `our own bans (for ${fail2banUnit})`);
    if (others.length === 0 && matches.length > 0) return;
    if (matches.length === 0) {
      const origin = this.#reader.value('backend')?.originAt(backend.offset);
      this.#notices.push({ origin, message: 'without a journalmatch it reads all of the journal, whoever wrote it' });
    }
    const where = Object.values(place).flat().join(' ');
    const what = others.length === 0 ? 'all of it' : others.map((fields) => fields.join(' ')).join(' + ');
    this.#take(
      { source: 'journal', place, matches: others, isSystemOnly: this.#request.isSystemOnly },
      `the journal${where === '' ? '' : ` ${where}`} (${what})`,
    );
  }

  #readPlace({ options, offset }: NamedDefinition): JournalPlace {
    const refuse = (key: string, text: string, expected: string) => {
      const value = this.#reader.value('backend');
      const message = `backend option ${quoteText(`${key}=${text}`)}: expected ${expected}`;
      if (value !== undefined) this.#reader.fail(value.originAt(offset), message);
    };
    return readJournalPlace(options, refuse);
  }

  #addPaths(paths: readonly LogPath[]): void {
    for (const { path, offset } of paths) {
      const known = wellKnownLogOf(path);
      if (known === undefined) this.#addFile(path, offset);
      else if (known.source === 'kernel') this.#take({ source: 'kernel' }, `the kernel log (for ${path})`);
      else if (known.source === 'bans') this.#take({ source: 'bans' }, `our own bans (for ${path})`);
      else {
        const matches = known.facilities === 'all' ? [] : known.facilities.map((facility) => [`SYSLOG_FACILITY=${facility}`]);
        const what = known.facilities === 'all' ? 'all that the system wrote' : `facility ${known.facilities.map(facilityName).join(', ')}`;
        // Whoever may run a program may send to syslog: of users' own processes nothing is believed.
        this.#take({ source: 'journal', place: {}, matches, isSystemOnly: true }, `the journal (${what}, for ${path})`);
      }
    }
  }

  #addSyslog(): void {
    if (!this.#request.listensToSyslog) {
      const value = this.#reader.value('backend');
      const message = 'backend = syslog needs a port to listen at: set syslog_listen = udp://127.0.0.1:5514 in ringjail.local';
      if (value !== undefined) this.#reader.fail(value.origin, message);
      return;
    }
    const paths = this.#paths();
    if (paths.length === 0) this.#take({ source: 'syslog', facilities: undefined, programs: undefined }, 'syslog (all of it)');
    for (const { path, offset } of paths) {
      const known = wellKnownLogOf(path);
      if (known === undefined) this.#addFile(path, offset);
      else {
        const facilities = known.source === 'kernel' ? [0] : known.source === 'journal' ? known.facilities : 'all';
        const what = facilities === 'all' ? 'all of it' : `facility ${facilities.map(facilityName).join(', ')}`;
        const selector = { source: 'syslog', facilities: facilities === 'all' ? undefined : facilities, programs: undefined } as const;
        this.#take(selector, `syslog (${what}, for ${path})`);
      }
    }
  }

  /** A file of its own format: only its lines, forwarded under a tag, can be had. */
  #addFile(path: string, offset: number): void {
    const file = logFileOf(path);
    const { tag } = file;
    if (this.#request.listensToSyslog) {
      this.#hasFiles = true;
      this.#files.push(file);
      this.#take({ source: 'syslog', facilities: undefined, programs: [tag] }, `syslog (tag ${tag}, for ${path})`);
      return;
    }
    if (this.#logpath === undefined) return;
    this.#reader.errors.push({
      ...this.#logpath.originAt(offset),
      section: this.#reader.section,
      message:
        `jail ${this.#reader.section}: logpath ${quoteText(path)}: ringjail reads no files; let rsyslog forward it, and set ` +
        'syslog_listen = udp://127.0.0.1:5514 in ringjail.local (ringjail check prints the lines for both)',
      logFile: file,
    });
  }

  #paths(): LogPath[] {
    const paths: LogPath[] = [];
    let offset = 0;
    for (const line of (this.#logpath?.text ?? '').split('\n')) {
      // `tail` and `head` behind a path say where to begin in it.
      const path = line.trim().replace(/\s+(?:tail|head)$/, '');
      if (path !== '') paths.push({ path, offset: offset + line.indexOf(path) });
      offset += line.length + 1;
    }
    return paths;
  }
}

const logFileOf = (path: string): LogFile => ({ path, tag: fileTagOf(fileTagPrefix, path) });

interface LogPath {
  readonly path: string;
  readonly offset: number;
}

const facilityNames = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'];
const facilityName = (facility: number): string => facilityNames[facility] ?? `local${facility - 16}`;
