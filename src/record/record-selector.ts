// Which records of a source a jail takes. Plain data, made from the configuration, understood by the sources.

/** All of the kernel's own records. */
interface KernelSelector {
  readonly source: 'kernel';
}

/** One journal to read; what `backend = systemd[...]` may set, all empty for this machine's own. */
export interface JournalPlace {
  /** Absolute. */
  readonly path?: string;
  /** Absolute; may hold `*`. */
  readonly files?: readonly string[];
  /** Of sd_journal_open(3): 1 local only, 2 runtime only, 4 system, 8 this user's. */
  readonly flags?: number;
  readonly namespace?: string;
}

/** FIELD=value, all of which hold; of several values of one field, any does. As journalctl(1) and sd_journal_add_match(3). */
type JournalFields = readonly string[];

export interface JournalSelector {
  readonly source: 'journal';
  readonly place: JournalPlace;
  /** Any of these; none: every entry. */
  readonly matches: readonly JournalFields[];
  /** Passes over what users' own processes wrote: `_UID` from 1000 on, but those of services. For selections that rest on what a process says of itself. */
  readonly isSystemOnly: boolean;
}

/** Records that came over the network in syslog's format. */
export interface SyslogSelector {
  readonly source: 'syslog';
  /** RFC 5424's numbers; undefined: any. */
  readonly facilities: readonly number[] | undefined;
  /** The program's name (tag without its process id, APP-NAME); undefined: any. */
  readonly programs: readonly string[] | undefined;
}

/** Our own bans, as the log of fail2ban tells of them: what a recidive jail counts. */
interface BanSelector {
  readonly source: 'bans';
}

export type RecordSelector = KernelSelector | JournalSelector | SyslogSelector | BanSelector;

/** The name of the source that a selector is for, as status shows it: "kernel", "journal", "journal:/var/log/remote". */
export function sourceNameOf(selector: RecordSelector): string {
  if (selector.source !== 'journal') return selector.source;
  const { path, files, flags, namespace } = selector.place;
  const parts = [path ?? '', ...(files ?? []), namespace ?? '', flags === undefined ? '' : `flags=${flags}`].filter((part) => part !== '');
  return ['journal', ...parts].join(':');
}

/** Lines of files that rsyslog forwards carry a tag that begins so; their line is the message alone. */
export const fileTagPrefix = 'file-';
