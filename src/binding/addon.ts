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
}

/** What JournalReader opens: all empty for this machine's own journal. Where several are given, files go before path before namespace. */
export interface RawJournalPlace {
  readonly path?: string;
  readonly files?: readonly string[];
  readonly flags?: number;
  readonly namespace?: string;
}

export interface RawJournalSelector {
  readonly matches: readonly (readonly string[])[];
  readonly isSystemOnly: boolean;
}

/** native/journal_reader.h */
export interface JournalReader {
  select(selectors: readonly RawJournalSelector[]): void;
  seekHead(): void;
  seekTail(): { readonly cursor: string; readonly realtimeUsec: number } | undefined;
  seekCursor(cursor: string, realtimeUsec: number): { readonly isThere: boolean; readonly nextUsec: number | undefined };
  seekRealtime(usec: number): void;
  seekMonotonic(bootId: string, usec: number): void;
  read(maxRecords: number, maxBytes: number): RawJournalRecords;
  start(): void;
  stop(): void;
  close(): void;
}

/** The selected ones of the entries read, as a RecordBatch has them; all columns hold `count` values. */
export interface RawJournalRecords {
  readonly count: number;
  readonly bytes: Buffer;
  readonly lineStart: Uint32Array;
  readonly messageStart: Uint32Array;
  readonly messageEnd: Uint32Array;
  readonly realtimeUsec: Float64Array;
  readonly priority: Uint16Array;
  readonly selected: Uint32Array;
  /** Counts the records of this reader. */
  readonly sequence: Float64Array;
  /** By the kernel's clock, of records of the kernel's log; else NaN. */
  readonly sinceBootUsec: Float64Array;
  /** 1 where the kernel says it of a device (_KERNEL_DEVICE). */
  readonly isOfDevice: Uint8Array;
  /** Entries read, selected or not. */
  readonly read: number;
  /** Of the last entry read; empty where none was, or where libsystemd does not tell it (a damaged file): then `lastUsec` is all there is. */
  readonly cursor: string;
  readonly lastUsec: number;
  /** Nothing is left to be read for now. */
  readonly isAtEnd: boolean;
  /** Journal files came or went since the last read. */
  readonly isInvalidated: boolean;
  readonly losses: readonly { readonly count: number | undefined; readonly reason: string }[];
}

/** native/datagram_reader.h */
export interface DatagramReader {
  port(): number;
  receiveBufferBytes(): number;
  start(): void;
  stop(): void;
  read(maxMessages: number): RawDatagrams;
  close(): void;
}

/** Datagram i is bytes[starts[i], ends[i]), with 48 bytes of room before it and one after, from senders[senderIds[i]]. */
interface RawDatagrams {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly senderIds: Uint32Array;
  /** Addresses; '' for a unix socket. */
  readonly senders: readonly string[];
  /** Dropped by the kernel since the last read. */
  readonly lost: number;
  /** Longer than 64 KiB, and cut. */
  readonly truncated: number;
  /** From senders that are not allowed, thrown away. */
  readonly refused: number;
  readonly lastRefused: string | undefined;
}

/** native/nftables.h */
export interface Nftables {
  run(commands: string): string;
}

/** native/route_monitor.h */
export interface RouteMonitor {
  hasChanged(): boolean;
  close(): void;
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

/** native/connection_cutter.h */
export interface RawCut {
  readonly sockets: number;
  readonly flows: number;
  readonly socketError: string | undefined;
  readonly flowError: string | undefined;
}

/** native/peer_credentials.h */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

interface Addon {
  readonly JournalReader: new (place: RawJournalPlace, onReadable: () => void) => JournalReader;
  readonly DatagramReader: new (...given: Parameters<OpenDatagramReader>) => DatagramReader;
  readonly KernelLogReader: new (path: string, onReadable: () => void) => KernelLogReader;
  readonly NetfilterMonitor: new (table: string, onChange: OnTableChange) => NetfilterMonitor;
  readonly Nftables: new () => Nftables;
  readonly PatternSet: new (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean) => NativePatternSet;
  readonly RecordSieve: new (literals: readonly (readonly string[])[]) => RecordSieve;
  readonly TableReader: new (table: string) => TableReader;
  readonly RouteMonitor: new (onChange: () => void) => RouteMonitor;
  readonly SetLookup: new (table: string) => SetLookup;
  cutConnections(networks: Uint8Array, ports: Uint32Array, protocol: number): Promise<RawCut>;
  gateways(): string[];
  notify(state: string): boolean;
  peerCredentials(descriptor: number): PeerCredentials;
  toValidUtf8(bytes: Uint8Array, start: number, end: number): Buffer | undefined;
}

// From dist/src/binding/ as compiled, in the checkout and where it is installed alike.
const addon = createRequire(import.meta.url)('../../../build/Release/ringjail.node') as Addon;

export const openJournal = (place: RawJournalPlace, onReadable: () => void): JournalReader => new addon.JournalReader(place, onReadable);
export const openKernelLog = (path: string, onReadable: () => void): KernelLogReader => new addon.KernelLogReader(path, onReadable);
/** `place`: an address, or with no port the path of a unix socket; `allow`: 18 bytes a network, as native/datagram_reader.h has them. */
export const openDatagramReader = (
  place: string,
  port: number | undefined,
  allow: Uint8Array,
  receiveBufferBytes: number,
  onReadable: () => void,
): DatagramReader => new addon.DatagramReader(place, port, allow, receiveBufferBytes, onReadable);
export type OpenDatagramReader = typeof openDatagramReader;
export const openNftables = (): Nftables => new addon.Nftables();
export const openRouteMonitor = (onChange: () => void): RouteMonitor => new addon.RouteMonitor(onChange);
export const openSetLookup = (table: string): SetLookup => new addon.SetLookup(table);
export const openTableReader = (table: string): TableReader => new addon.TableReader(table);
export const openNetfilterMonitor = (table: string, onChange: OnTableChange): NetfilterMonitor =>
  new addon.NetfilterMonitor(table, onChange);
export const createNativePatternSet = (sources: string[], flags: Uint32Array, usesPrefilter: boolean, usesJit: boolean): NativePatternSet =>
  new addon.PatternSet(sources, flags, usesPrefilter, usesJit);

export const createRecordSieve = (literals: readonly (readonly string[])[]): RecordSieve => new addon.RecordSieve(literals);

/** native/to_valid_utf8.h: undefined where the range is valid UTF-8 already, else a repaired copy. */
export const toValidUtf8 = (bytes: Uint8Array, start: number, end: number): Buffer | undefined => addon.toValidUtf8(bytes, start, end);

/** native/connection_cutter.h */
export const cutConnections = (networks: Uint8Array, ports: Uint32Array, protocol: number): Promise<RawCut> =>
  addon.cutConnections(networks, ports, protocol);

/** native/route_gateways.h */
export const listGateways = (): string[] => addon.gateways();

/** native/peer_credentials.h */
export const peerCredentialsOf = (descriptor: number): PeerCredentials => addon.peerCredentials(descriptor);

/** Tells the service manager (sd_notify(3)); false where there is none. */
export const notifyServiceManager = (state: string): boolean => addon.notify(state);
