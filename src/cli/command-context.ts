// What every command gets from the command line.
import type { Paths } from '../daemon/paths.ts';

export interface CommandContext {
  readonly version: string;
  readonly paths: Paths;
  /** Whether to print JSON instead of text for people. */
  readonly isJson: boolean;
  /** A line, or several, to standard output. */
  readonly print: (text: string) => void;
  /** To standard output as it is; resolves when more can be taken. */
  readonly write: (text: string | Uint8Array) => Promise<void>;
  /** What is wrong, to standard error, a line of its own. */
  readonly printError: (message: string) => void;
}
