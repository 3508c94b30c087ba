// Journals with any fields, made by systemd-journal-remote from export text (https://systemd.io/JOURNAL_EXPORT_FORMATS).
import { execFileSync } from 'node:child_process';

export type EntryFields = Readonly<Record<string, string | number | Buffer | readonly (string | number)[]>>;

export const firstUsec = 1_700_000_000_000_000;
export const fixtureBootId = '5f0c2d8a4b1e4f6f9a7d3c2b1a0f9e8d';

/** Writes to `path` or goes on with it; entry i is made i ms after `fromUsec` unless it says itself when. */
export function writeJournal(path: string, entries: readonly EntryFields[], fromUsec = firstUsec): void {
  const input = Buffer.concat(entries.flatMap((entry, index) => exportEntry(entry, fromUsec + index * 1000)));
  execFileSync('/lib/systemd/systemd-journal-remote', ['-o', path, '-'], { input, stdio: ['pipe', 'ignore', 'pipe'] });
}

function exportEntry(entry: EntryFields, usec: number): Buffer[] {
  const all: EntryFields = {
    __REALTIME_TIMESTAMP: usec,
    __MONOTONIC_TIMESTAMP: usec - firstUsec + 60_000_000,
    _BOOT_ID: fixtureBootId,
    ...entry,
  };
  const fields = Object.entries(all).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => field(name, one)));
  return [...fields, Buffer.from('\n')];
}

function field(name: string, value: string | number | Buffer): Buffer {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
  if (!bytes.includes(0x0a)) return Buffer.concat([Buffer.from(`${name}=`), bytes, Buffer.from('\n')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')]);
}
