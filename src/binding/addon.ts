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

/** native/table_reader.h */
export interface TableReader {
  objects(): TableObject[];
  elements(set: string): SetElements | undefined;
}

export interface TableObject {
  readonly kind: 'table' | 'chain' | 'rule' | 'set' | 'counter';
  /** Of a rule, its chain's. */
  readonly name: string;
  readonly handle: number;
  /** Of a table (1: dormant); of a base chain its policy (1: accept). */
  readonly flags?: number;
  readonly packets?: number;
  readonly bytes?: number;
}

/** Columns: element i has its key in the i-th of as many equal parts of `keys`. */
export interface SetElements {
  readonly keys: Buffer;
  /** Milliseconds, Infinity for good. */
  readonly leftMs: Float64Array;
  /** 1 where the key is the end of an interval. */
  readonly isEnd: Buffer;
}

/** native/netfilter_monitor.h */
export interface NetfilterMonitor {
  start(): void;
  stop(): void;
  close(): void;
}

/** The chains and sets of the table that others changed; undefined where it may be anything. */
export type OnTableChange = (names: readonly string[] | undefined) => void;

/** native/pattern_set.h; its TypeScript face is pattern-set.ts */
export interface NativePatternSet {
  groupCounts(): number[];
  groupNames(index: number): (string | number)[];
  search(bytes: Uint8Array, start: number, end: number, from: number | undefined, offsets: Int32Array, to: number | undefined): number;
  searchBatch(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number): Int32Array;
  literals(index: number): string[];
  limitsReached(): number[];
}

/** native/record_sieve.h */
export interface RecordSieve {
  sift(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array, count: number, selected: Uint32Array): Uint32Array;
}

interface Addon {
  readonly KernelLogReader: new (path: string, onReadable: () => void) => KernelLogReader;
  readonly NetfilterMonitor: new (table: string, onChange: OnTableChange) => NetfilterMonitor;
  readonly Nftables: new () => Nftables;
  readonly PatternSet: new (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean) => NativePatternSet;
  readonly RecordSieve: new (literals: readonly (readonly string[])[]) => RecordSieve;
  readonly SetLookup: new (table: string) => SetLookup;
  readonly TableReader: new (table: string) => TableReader;
  gateways(): string[];
  notify(state: string): boolean;
  toValidUtf8(bytes: Uint8Array, start: number, end: number): Buffer | undefined;
}

// From dist/src/binding/ as compiled, in the checkout and where it is installed alike.
const addon = createRequire(import.meta.url)('../../../build/Release/ringjail.node') as Addon;

export const openKernelLog = (path: string, onReadable: () => void): KernelLogReader => new addon.KernelLogReader(path, onReadable);
export const openNftables = (): Nftables => new addon.Nftables();
export const openSetLookup = (table: string): SetLookup => new addon.SetLookup(table);
export const openTableReader = (table: string): TableReader => new addon.TableReader(table);
export const openNetfilterMonitor = (table: string, onChange: OnTableChange): NetfilterMonitor =>
  new addon.NetfilterMonitor(table, onChange);
export const createNativePatternSet = (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean): NativePatternSet =>
  new addon.PatternSet(sources, flags, usesPrefilter, usesJit);

export const createRecordSieve = (literals: readonly (readonly string[])[]): RecordSieve => new addon.RecordSieve(literals);

/** native/to_valid_utf8.h: undefined where the range is valid UTF-8 already, else a repaired copy. */
export const toValidUtf8 = (bytes: Uint8Array, start: number, end: number): Buffer | undefined => addon.toValidUtf8(bytes, start, end);

/** native/route_gateways.h */
export const listGateways = (): string[] => addon.gateways();

/** Tells the service manager (sd_notify(3)); false where there is none. */
export const notifyServiceManager = (state: string): boolean => addon.notify(state);
