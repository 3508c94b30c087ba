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

/** native/pattern_set.h; its TypeScript face is pattern-set.ts */
export interface NativePatternSet {
  groupCounts(): number[];
  groupNames(index: number): (string | number)[];
  search(bytes: Uint8Array, start: number, end: number, from: number | undefined, offsets: Int32Array, to: number | undefined): number;
  searchBatch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): Int32Array;
  literals(index: number): string[];
  limitsReached(): number[];
}

/** native/peer_credentials.h */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

interface Addon {
  readonly KernelLogReader: new (path: string, onReadable: () => void) => KernelLogReader;
  readonly Nftables: new () => Nftables;
  readonly PatternSet: new (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean) => NativePatternSet;
  readonly SetLookup: new (table: string) => SetLookup;
  gateways(): string[];
  notify(state: string): boolean;
  peerCredentials(descriptor: number): PeerCredentials;
  toValidUtf8(bytes: Uint8Array, start: number, end: number): Buffer | undefined;
}

// From dist/src/binding/ as compiled, in the checkout and where it is installed alike.
const addon = createRequire(import.meta.url)('../../../build/Release/ringjail.node') as Addon;

export const openKernelLog = (path: string, onReadable: () => void): KernelLogReader => new addon.KernelLogReader(path, onReadable);
export const openNftables = (): Nftables => new addon.Nftables();
export const openSetLookup = (table: string): SetLookup => new addon.SetLookup(table);
export const createNativePatternSet = (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean): NativePatternSet =>
  new addon.PatternSet(sources, flags, usesPrefilter, usesJit);

/** native/to_valid_utf8.h: undefined where the range is valid UTF-8 already, else a repaired copy. */
export const toValidUtf8 = (bytes: Uint8Array, start: number, end: number): Buffer | undefined => addon.toValidUtf8(bytes, start, end);

/** native/route_gateways.h */
export const listGateways = (): string[] => addon.gateways();

/** native/peer_credentials.h */
export const peerCredentialsOf = (descriptor: number): PeerCredentials => addon.peerCredentials(descriptor);

/** Tells the service manager (sd_notify(3)); false where there is none. */
export const notifyServiceManager = (state: string): boolean => addon.notify(state);
