// What the daemon is to know of a jail beyond who has failed too often.
import { type IgnoreCommand, readIgnoreCommand } from './ignore-config.ts';
import type { OptionReader } from './option-reader.ts';

export interface JailPolicy {
  /** Whether a ban ends what is open of the address. */
  readonly cutsConnections: boolean;
  /** Whether a login that succeeds clears what was counted of the address. */
  readonly resetsOnSuccess: boolean;
  readonly ignorecommand: IgnoreCommand | undefined;
  /** Of ignoreip, in lower case: whose addresses are to be looked up. */
  readonly ignoredNames: readonly string[];
}

export const usualPolicy: JailPolicy = { cutsConnections: true, resetsOnSuccess: false, ignorecommand: undefined, ignoredNames: [] };

export const readJailPolicy = (reader: OptionReader, ignoredNames: readonly string[]): JailPolicy => ({
  cutsConnections: reader.boolean('cut', usualPolicy.cutsConnections),
  resetsOnSuccess: reader.boolean('reset_on_success', usualPolicy.resetsOnSuccess),
  ignorecommand: readIgnoreCommand(reader),
  ignoredNames,
});
