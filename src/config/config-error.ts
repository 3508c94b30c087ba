// What a person must mend in a configuration file, as data: collected, all of it, and shown as `file:line: message`.
import { printable } from '../core/printable.ts';

/** Where a text stands; `line` counts from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** A log file that only rsyslog can bring, under that tag. */
export interface LogFile {
  readonly path: string;
  readonly tag: string;
}

export interface ConfigError {
  readonly file: string;
  /** Undefined where the file as a whole is meant. */
  readonly line: number | undefined;
  /** The section (jail) that the error spoils; undefined where it spoils the file, and so all of them. */
  readonly section: string | undefined;
  /** Lowercase, without a full stop: the cause, then the cure. */
  readonly message: string;
  /** Where that is what is wrong: the file that would have to be read. */
  readonly logFile?: LogFile;
}

export function formatConfigError(error: ConfigError): string {
  return error.line === undefined ? `${error.file}: ${error.message}` : `${error.file}:${error.line}: ${error.message}`;
}

const maxQuotedLength = 60;

/** Text from a file as a message shows it: quoted, made printable, cut when long; a backslash stays one, for it is part of an expression. */
export function quoteText(text: string): string {
  const cut = text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}...` : text;
  return `"${printable(cut)}"`;
}
