// The only loader of native code: build/Release/ringjail.node, and its TypeScript face. The contracts stand in native/*.h.
import { createRequire } from 'node:module';

/** native/kernel_log_reader.h */
export interface KernelLogReader {
  start(): void;
  stop(): void;
  read(maxRecords: number): RawKernelRecords;
  close(): void;
}

/** Records of /dev/kmsg as the kernel gives them, one after the other; record i ends before ends[i]. */
export interface RawKernelRecords {
  readonly bytes: Buffer;
  readonly ends: Uint32Array;
  /** How many times the ring had overwritten what comes next (EPIPE). */
  readonly overruns: number;
}

/** native/nftables.h */
export interface Nftables {
  run(commands: string): string;
  runJson(commands: string): string;
}

/** native/set_lookup.h */
export interface SetLookup {
  has(set: string, key: Buffer): boolean;
}

interface Addon {
  readonly KernelLogReader: new (path: string, onReadable: () => void) => KernelLogReader;
  readonly Nftables: new () => Nftables;
  readonly SetLookup: new (table: string) => SetLookup;
  gateways(): string[];
  notify(state: string): boolean;
}

// From dist/src/binding/ as compiled, in the checkout and where it is installed alike.
const addon = createRequire(import.meta.url)('../../../build/Release/ringjail.node') as Addon;

export const openKernelLog = (path: string, onReadable: () => void): KernelLogReader => new addon.KernelLogReader(path, onReadable);
export const openNftables = (): Nftables => new addon.Nftables();
export const openSetLookup = (table: string): SetLookup => new addon.SetLookup(table);

/** native/route_gateways.h */
export const listGateways = (): string[] => addon.gateways();

/** Tells the service manager (sd_notify(3)); false where there is none. */
export const notifyServiceManager = (state: string): boolean => addon.notify(state);
